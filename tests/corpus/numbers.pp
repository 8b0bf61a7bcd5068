{ Floating point: series, functions and conversions, in the widths the x87 has. }
program numbers;

{$mode objfpc}

uses
  math, sysutils;

function Pi8000: extended;
var
  i: longint;
begin
  result := 0;
  for i := 7999 downto 0 do
    if odd(i) then
      result := result - 4 / (2 * i + 1)
    else
      result := result + 4 / (2 * i + 1);
end;

var
  i: longint;
  s: single;
  d, sum: double;
  e: extended;
  big: int64;
  c: currency;
begin
  writeln('series       ', Pi8000:20:16);
  for i := 1 to 8 do
    writeln(i, ' ', sqrt(i):14:10, ' ', ln(i):14:10, ' ', sin(i):14:10, ' ', arctan(i):14:10, ' ', exp(i):16:8);
  sum := 0;
  for i := 1 to 100000 do
    sum := sum + 1 / (int64(i) * i);
  writeln('sum          ', sum:18:14);
  s := 1 / 3;
  d := 1 / 3;
  e := 1 / 3;
  writeln('widths       ', s:12:9, ' ', d:20:17, ' ', e:22:19);
  big := round(1e15) + 7;
  writeln('int64        ', big, ' ', big div 1000003, ' ', big mod 1000003);
  c := 1234.5678;
  writeln('currency     ', c * 3:12:4);
  writeln('power        ', power(1.0001, 10000):14:10, ' ', hypot(3, 4):6:3);
  writeln('conversion   ', StrToFloat('2.5e3'):10:2, ' ', FloatToStr(0.125));
  writeln('rounding     ', round(2.5), ' ', round(3.5), ' ', trunc(-2.7), ' ', floor(-2.7));
  writeln('infinity     ', IsInfinite(Infinity), ' ', IsNan(NaN));
end.
