/** RFC 4180 §2: lines, fields, quotes; and what people's programs make of it. */
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/scenario/csv.js';

describe('comma-separated values', () => {
  it.each<[string, string, string[], string[][]]>([
    [
      'lines that end in LF',
      'a,b\n1,2\n3,4\n',
      ['a', 'b'],
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['CRLF, none behind the last one, and a byte order mark', '\uFEFFa,b\r\n1,2', ['a', 'b'], [['1', '2']]],
    ['one column, and lines with nothing in them', 'user\n\n1001\n\n1002\n', ['user'], [['1001'], ['1002']]],
    ['quotes with commas, quotes and line ends in them', 'a,b\n"x,""y""\n",z\n', ['a', 'b'], [['x,"y"\n', 'z']]],
    [
      'fields with nothing in them, the last one too',
      'a,b,c\n,,\n"",1,\n',
      ['a', 'b', 'c'],
      [
        ['', '', ''],
        ['', '1', ''],
      ],
    ],
    ['names with blanks around them; blanks in fields stay', ' a , b\n 1 ,2\n', ['a', 'b'], [[' 1 ', '2']]],
    ['a header alone', 'a,b\n', ['a', 'b'], []],
    ['a quote in the middle of a plain field', 'a\nx"y\n', ['a'], [['x"y']]],
  ])('%s', (_, text, columns, rows) => {
    expect(parseCsv(text)).toEqual({ columns, rows });
  });

  it.each([
    ['', 'expected a header line with the names of the columns, got nothing'],
    ['\n\n', 'expected a header line with the names of the columns, got nothing'],
    ['a,b\n1,2\n3\n', 'expected 2 fields in row 2, got 1'],
    ['a\n1,2\n', 'expected 1 fields in row 1, got 2'],
    ['a\n"x\n', 'expected a quote at the end of a field in row 1'],
    ['a\n"x"y\n', 'expected a quote at the end of a field in row 1'],
  ])('%j is none', (text, message) => {
    expect(parseCsv(text)).toBe(message);
  });
});
