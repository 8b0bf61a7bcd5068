{ An 8086 program, in real mode, as a client of the XMS driver: blocks are allocated, filled through moves, locked, resized, copied
  from one to another and compared. Errorlevel 0 when all is well, else the number of the step that was not. }
program xmsblock;

{$asmmode intel}

uses
  dos;

const
  PieceBytes = 4096;
  Blocks = 5;

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
  piece, answer: array[0..PieceBytes div 4 - 1] of longint;
  handles: array[1..Blocks] of word;

procedure Fail(step: byte);
begin
  writeln('FAILED at step ', step, ', AX=', callAx, ' BL=', lo(callBx));
  halt(step);
end;

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

function Xms(func: byte; dx: word): boolean;
begin
  callAx := word(func) shl 8;
  callDx := dx;
  CallDriver;
  Xms := callAx = 1;
end;

procedure FindDriver;
var
  regs: registers;
begin
  fillchar(regs, sizeof(regs), 0);
  regs.ax := $4300;
  intr($2F, regs);
  if regs.al <> $80 then Fail(1);
  regs.ax := $4310;
  intr($2F, regs);
  entry := longint(regs.es) shl 16 or regs.bx;
end;

function FarAddress(var data): longint;
begin
  FarAddress := longint(seg(data)) shl 16 or ofs(data);
end;

function Copy(bytes: longint; fromHandle: word; fromOffset: longint; toHandle: word; toOffset: longint): boolean;
begin
  move.length := bytes;
  move.fromHandle := fromHandle;
  move.fromOffset := fromOffset;
  move.toHandle := toHandle;
  move.toOffset := toOffset;
  callSi := ofs(move);
  Copy := Xms($0B, 0);
end;

procedure Fill(block: word; first, last: longint);
var
  at: longint;
  i: integer;
begin
  at := first;
  while at < last do
  begin
    for i := 0 to PieceBytes div 4 - 1 do
      piece[i] := longint(block) shl 24 xor (at + 4 * i);
    if not Copy(PieceBytes, 0, FarAddress(piece), handles[block], at) then Fail(2);
    at := at + PieceBytes;
  end;
end;

procedure Compare(block, tag: word; last: longint; step: byte);
var
  at: longint;
  i: integer;
begin
  at := 0;
  while at < last do
  begin
    if not Copy(PieceBytes, handles[block], at, 0, FarAddress(answer)) then Fail(step);
    for i := 0 to PieceBytes div 4 - 1 do
      if answer[i] <> longint(tag) shl 24 xor (at + 4 * i) then Fail(step);
    at := at + PieceBytes;
  end;
end;

var
  before, block: word;
  address: longint;
begin
  FindDriver;
  if Xms($00, 0) or (callAx < $200) then Fail(3);
  if Xms($08, 0) or (callDx = 0) then Fail(4);
  before := callDx;
  for block := 1 to Blocks do
  begin
    if not Xms($09, block * 64) then Fail(5);
    handles[block] := callDx;
    Fill(block, 0, longint(block) * 65536);
  end;
  for block := 1 to Blocks do
    Compare(block, block, longint(block) * 65536, 6);
  if not Xms($0C, handles[2]) then Fail(7);
  address := longint(callDx) shl 16 or callBx;
  if (address < $100000) or (address and 1023 <> 0) then Fail(8);
  if Xms($0A, handles[2]) or (lo(callBx) <> $AB) then Fail(9);
  if not Xms($0D, handles[2]) then Fail(10);
  callBx := 400;
  if not Xms($0F, handles[1]) then Fail(11);
  Compare(1, 1, 65536, 12);
  if not Copy(longint(5) * 65536, handles[5], 0, handles[1], 0) then Fail(13);
  Compare(1, 5, longint(5) * 65536, 14);
  Compare(4, 4, longint(4) * 65536, 15);
  if Copy(3, handles[5], 0, handles[1], 0) or (lo(callBx) <> $A7) then Fail(16);
  for block := 1 to Blocks do
    if not Xms($0A, handles[block]) then Fail(17);
  if Xms($0A, handles[1]) or (lo(callBx) <> $A2) then Fail(18);
  if Xms($08, 0) or (callDx <> before) then Fail(19);
  writeln('blocks are as they were');
end.
