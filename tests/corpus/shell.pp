{ A client that asks COMMAND.COM to start clients: itself, and DIR in between. }
program shell;

{$M 65536,0}

uses
  dos;

var
  i, j: longint;
  memory: pbyte;
  f: text;
  line: string;

procedure ask(const command: string);
begin
  exec(getenv('COMSPEC'), '/C ' + command);
  if doserror <> 0 then
  begin
    writeln(command, ': DOS error ', doserror);
    halt(1);
  end;
end;

begin
  if paramcount = 1 then
  begin
    getmem(memory, 500000);
    fillchar(memory^, 500000, 1);
    writeln('child ', paramstr(1));
    halt(7);
  end;
  getmem(memory, 500000);
  fillchar(memory^, 500000, 77);
  for i := 1 to 3 do
  begin
    ask(paramstr(0) + ' one > OUT1.TXT');
    ask('DIR > NUL');
    ask(paramstr(0) + ' two > OUT2.TXT');
    assign(f, 'OUT2.TXT');
    reset(f);
    readln(f, line);
    close(f);
    if line <> 'child two' then
    begin
      writeln('got "', line, '"');
      halt(2);
    end;
    erase(f);
    assign(f, 'OUT1.TXT');
    erase(f);
  end;
  for j := 0 to 499999 do
    if memory[j] <> 77 then
      halt(3);
  writeln('3 rounds');
end.
