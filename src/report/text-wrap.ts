/** Breaks text into lines for a terminal of 80 columns. */
import { columnsOf, piecesOf } from './text-width.js';

export const COLUMNS = 80;

/** A space at which no line is broken; it is written as a plain one. */
export const NO_BREAK = '\u00A0';

/** A number stays with its unit. */
const BEFORE_UNIT = /(?<=\d) (?=(?:%|ms|s|MOS)(?:[^\w]|$))/g;

/** `text` in lines that begin with `indent`; lines after the first stand `hanging` columns further in. */
export function wrapLine(text: string, indent: string, hanging = 0): string[] {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text
    .replaceAll(BEFORE_UNIT, NO_BREAK)
    .split(' ')
    .flatMap((part) => piecesOf(part, COLUMNS - indent.length - hanging))) {
    if (!isEmpty && columnsOf(line) + 1 + columnsOf(word) > COLUMNS) {
      lines.push(line);
      line = indent + ' '.repeat(hanging);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK, ' '));
}
