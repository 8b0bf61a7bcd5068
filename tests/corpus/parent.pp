{ A client that starts another client, which is itself, three levels deep, several times over. }
program parent;

{$M 65536,0}

uses
  dos;

var
  depth, code, i: longint;
  memory: pointer;
  text: string;
begin
  if paramcount = 0 then
    depth := 3
  else
    val(paramstr(1), depth, code);
  getmem(memory, 300000);
  fillchar(memory^, 300000, depth);
  if depth = 0 then
    halt(40);
  for i := 1 to 3 do
  begin
    str(depth - 1, text);
    exec(paramstr(0), text);
    if doserror <> 0 then
    begin
      writeln('exec: DOS error ', doserror);
      halt(1);
    end;
    code := dosexitcode;
    if code <> 40 + depth - 1 then
    begin
      writeln('level ', depth, ' got ', code);
      halt(2);
    end;
  end;
  for i := 0 to 299999 do
    if pbyte(memory)[i] <> depth then
      halt(3);
  if depth = 3 then
  begin
    writeln('3 levels, 39 children');
    halt(0);
  end;
  halt(40 + depth);
end.
