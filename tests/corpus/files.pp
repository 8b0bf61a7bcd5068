{ Files: text and typed files, random access, renaming, searching, directories. }
program files;

uses
  dos;

const
  Records = 3000;

type
  TRecord = packed record
    number: longint;
    text: string[20];
  end;

procedure Fail(code: byte; const why: string);
begin
  writeln('FAILED ', code, ': ', why);
  halt(code);
end;

procedure TextFile;
var
  f: text;
  line: string;
  i, count: longint;
begin
  assign(f, 'lines.txt');
  rewrite(f);
  for i := 1 to 2000 do
    writeln(f, 'line ', i, ' of a text file');
  close(f);
  append(f);
  writeln(f, 'appended');
  close(f);
  reset(f);
  count := 0;
  while not eof(f) do
  begin
    readln(f, line);
    inc(count);
  end;
  close(f);
  if (count <> 2001) or (line <> 'appended') then
    Fail(1, 'text file');
  writeln('text file: ', count, ' lines');
end;

procedure TypedFile;
var
  f: file of TRecord;
  r: TRecord;
  i: longint;
begin
  assign(f, 'typed.dat');
  rewrite(f);
  for i := 0 to Records - 1 do
  begin
    r.number := i * i;
    str(i, r.text);
    write(f, r);
  end;
  if filesize(f) <> Records then
    Fail(2, 'size of the typed file');
  i := Records - 1;
  while i >= 0 do
  begin
    seek(f, i);
    read(f, r);
    if r.number <> i * i then
      Fail(3, 'a record read backwards');
    dec(i, 7);
  end;
  close(f);
  writeln('typed file: ', Records, ' records of ', sizeof(TRecord), ' bytes');
end;

procedure BigBlocks;
const
  Size = 200000;
var
  f: file;
  block, copy: ^byte;
  i, done: longint;
begin
  getmem(block, Size);
  getmem(copy, Size);
  for i := 0 to Size - 1 do
    block[i] := (i * 31) and 255;
  assign(f, 'block.bin');
  rewrite(f, 1);
  blockwrite(f, block^, Size, done);
  if done <> Size then
    Fail(4, 'block write');
  seek(f, 0);
  fillchar(copy^, Size, 0);
  blockread(f, copy^, Size, done);
  close(f);
  if (done <> Size) or (comparebyte(block^, copy^, Size) <> 0) then
    Fail(5, 'block read');
  freemem(block);
  freemem(copy);
  writeln('block: ', Size, ' bytes in one call');
end;

procedure NamesAndDirectories;
var
  f: file;
  found: searchrec;
  count: longint;
begin
  assign(f, 'block.bin');
  rename(f, 'renamed.bin');
  count := 0;
  findfirst('*.bin', anyfile and not directory, found);
  while doserror = 0 do
  begin
    if found.name = 'RENAMED.BIN' then
      inc(count, found.size);
    findnext(found);
  end;
  findclose(found);
  if (count <> 200000) and (count <> 0) then
    Fail(6, 'directory search');
  mkdir('subdir');
  chdir('subdir');
  chdir('..');
  rmdir('subdir');
  erase(f);
  assign(f, 'lines.txt');
  erase(f);
  assign(f, 'typed.dat');
  erase(f);
  {$I-}
  reset(f);
  {$I+}
  if ioresult <> 2 then
    Fail(7, 'an erased file is still there');
  writeln('names and directories');
end;

begin
  TextFile;
  TypedFile;
  BigBlocks;
  NamesAndDirectories;
end.
