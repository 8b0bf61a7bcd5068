{ A big heap: many blocks of odd sizes, then one block larger than most machines of its day. }
program bigheap;

const
  Blocks = 2500;
  Large = 24 * 1024 * 1024;

type
  TBytes = ^byte;

var
  block: array[0..Blocks - 1] of TBytes;
  size: array[0..Blocks - 1] of longint;
  seed: cardinal = 12345;

function Next(limit: cardinal): cardinal;
begin
  seed := cardinal(qword(seed) * 1103515245 + 12345);
  Next := (seed shr 8) mod limit;
end;

procedure Fill(i: longint);
begin
  size[i] := 16 + Next(9000);
  getmem(block[i], size[i]);
  fillchar(block[i]^, size[i], i and 255);
end;

procedure Check(i: longint);
var
  k: longint;
begin
  { Not each byte: this runs in interpreters. }
  k := 0;
  while k < size[i] do
  begin
    if block[i][k] <> i and 255 then
    begin
      writeln('block ', i, ' byte ', k, ' is spoilt');
      halt(1);
    end;
    if (k < 16) or (k > size[i] - 48) then
      inc(k)
    else
      inc(k, 32);
  end;
end;

var
  i, round: longint;
  big: TBytes;
  sum: qword;
begin
  for i := 0 to Blocks - 1 do
    Fill(i);
  for round := 1 to 3 do
    for i := 0 to Blocks - 1 do
      if Next(3) = 0 then
      begin
        Check(i);
        freemem(block[i]);
        Fill(i);
      end;
  sum := 0;
  for i := 0 to Blocks - 1 do
  begin
    Check(i);
    inc(sum, size[i]);
    freemem(block[i]);
  end;
  writeln(Blocks, ' blocks, ', sum, ' bytes');
  for round := 1 to 2 do
  begin
    getmem(big, Large);
    i := 0;
    while i < Large do
    begin
      big[i] := (i shr 12) and 255;
      inc(i, 4096);
    end;
    i := Large - 4096;
    while i >= 0 do
    begin
      if big[i] <> (i shr 12) and 255 then
        halt(2);
      dec(i, 4096);
    end;
    freemem(big);
  end;
  writeln(Large, ' bytes in one block, twice');
end.
