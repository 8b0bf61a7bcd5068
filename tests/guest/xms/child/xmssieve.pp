{ An 8086 program that keeps a sieve of a million bytes in extended memory, and looks at it through a window of 8 KiB. Errorlevel
  0 when it counts 78,498 primes. }
program xmssieve;

{$asmmode intel}

uses
  dos;

const
  Limit = 1000000;
  WindowBytes = 8192;

type
  TMove = packed record
    length: longint;
    fromHandle: word;
    fromOffset: longint;
    toHandle: word;
    toOffset: longint;
  end;

var
  entry: longint;
  callAx, callBx, callDx, callSi: word;
  move: TMove;
  window: array[0..WindowBytes - 1] of byte;
  handle: word;

procedure CallDriver; assembler;
asm
  push si
  mov ax, callAx
  mov bx, callBx
  mov dx, callDx
  mov si, callSi
  call dword ptr [entry]
  mov callAx, ax
  mov callBx, bx
  mov callDx, dx
  pop si
end;

procedure Xms(func: byte; dx: word);
begin
  callAx := word(func) shl 8;
  callDx := dx;
  CallDriver;
  if callAx <> 1 then
  begin
    writeln('FAILED: function ', func, ', BL=', lo(callBx));
    halt(1);
  end;
end;

procedure Bring(at: longint; into: boolean);
begin
  move.length := WindowBytes;
  move.fromHandle := handle;
  move.fromOffset := at;
  move.toHandle := 0;
  move.toOffset := longint(seg(window)) shl 16 or ofs(window);
  if into then
  begin
    move.fromHandle := 0;
    move.fromOffset := move.toOffset;
    move.toHandle := handle;
    move.toOffset := at;
  end;
  callSi := ofs(move);
  Xms($0B, 0);
end;

var
  regs: registers;
  primes: array[1..200] of integer;
  count, i, factor: integer;
  at, multiple, found: longint;
  isPrime: boolean;
begin
  fillchar(regs, sizeof(regs), 0);
  regs.ax := $4310;
  intr($2F, regs);
  entry := longint(regs.es) shl 16 or regs.bx;
  Xms($09, 1024);
  handle := callDx;
  count := 0;
  for i := 2 to 999 do
  begin
    isPrime := true;
    factor := 1;
    while isPrime and (factor <= count) do
    begin
      isPrime := i mod primes[factor] <> 0;
      inc(factor);
    end;
    if isPrime then
    begin
      inc(count);
      primes[count] := i;
    end;
  end;
  fillchar(window, sizeof(window), 1);
  at := 0;
  while at < 1048576 do
  begin
    Bring(at, true);
    at := at + WindowBytes;
  end;
  { Window by window out and back again. }
  at := 0;
  while at < Limit do
  begin
    Bring(at, false);
    for i := 1 to count do
    begin
      multiple := (at + primes[i] - 1) div primes[i] * primes[i];
      if multiple < 2 * longint(primes[i]) then
        multiple := 2 * longint(primes[i]);
      while multiple < at + WindowBytes do
      begin
        window[multiple - at] := 0;
        multiple := multiple + primes[i];
      end;
    end;
    Bring(at, true);
    at := at + WindowBytes;
  end;
  found := 0;
  at := 0;
  while at < Limit do
  begin
    Bring(at, false);
    for i := 0 to WindowBytes - 1 do
      if (at + i >= 2) and (at + i < Limit) then
        found := found + window[i];
    at := at + WindowBytes;
  end;
  Xms($0A, handle);
  writeln(found, ' primes');
  if found <> 78498 then
    halt(2);
end.
