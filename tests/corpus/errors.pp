{ Exceptions: raised, caught and re-raised by the program, and by the CPU through DPMI handlers. }
program errors;

{$mode objfpc}{$asmmode intel}{$R+}{$Q+}

uses
  sysutils;

type
  EOwn = class(Exception);

var
  caught: longint = 0;
  zero: longint = 0;

procedure Expect(number: longint; const name: string; e: Exception);
begin
  writeln(number, ' ', name, ': ', e.ClassName);
  if e.ClassName <> name then
    halt(number);
  inc(caught);
end;

procedure Deep(level: longint);
begin
  try
    if level = 0 then
      raise EOwn.Create('from below');
    Deep(level - 1);
  finally
    inc(caught);
  end;
end;

procedure ByTheProgram;
var
  numbers: array of longint;
begin
  try
    Deep(50);
  except
    on e: EOwn do
      Expect(1, 'EOwn', e);
  end;
  try
    StrToInt('no number');
  except
    on e: Exception do
      Expect(2, 'EConvertError', e);
  end;
  setlength(numbers, 3);
  try
    numbers[3 + zero] := 1;
  except
    on e: Exception do
      Expect(3, 'ERangeError', e);
  end;
  try
    zero := high(longint);
    inc(zero);
  except
    on e: Exception do
      Expect(4, 'EIntOverflow', e);
  end;
  zero := 0;
end;

procedure ByTheCpu;
var
  round: longint;
begin
  for round := 1 to 20 do
  begin
    try
      writeln(1000 div zero);
      halt(90);
    except
      on e: Exception do
        Expect(5, 'EDivByZero', e);
    end;
    try
      { A wild pointer would not do: QEMU checks no limits. A bad selector faults everywhere. }
      asm
        mov ax, 0FFF7h
        mov gs, ax
      end;
      halt(91);
    except
      on e: Exception do
        Expect(6, 'EAccessViolation', e);
    end;
  end;
end;

begin
  ByTheProgram;
  ByTheCpu;
  writeln(caught, ' caught');
  if caught <> 51 + 4 + 40 then
    halt(99);
end.
