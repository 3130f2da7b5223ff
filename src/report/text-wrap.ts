/** Breaks text into lines for a terminal of 100 columns. One code point counts as one column. */

const COLUMNS = 100;

/** A space at which no line is broken; it is written as a plain one. */
export const NO_BREAK = '\u00A0';

/** `text` in lines that begin with `indent`; lines after the first stand `hanging` columns further in. */
export function wrapLine(text: string, indent: string, hanging = 0): string[] {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text.split(' ').flatMap((part) => pieces(part, COLUMNS - indent.length - hanging))) {
    if (!isEmpty && width(line) + 1 + width(word) > COLUMNS) {
      lines.push(line);
      line = indent + ' '.repeat(hanging);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK, ' '));
}

/** A word longer than a line, cut to size. */
function pieces(word: string, limit: number): string[] {
  const characters = Array.from(word);
  if (characters.length <= limit) return [word];
  const count = Math.ceil(characters.length / limit);
  return Array.from({ length: count }, (_, index) => characters.slice(index * limit, (index + 1) * limit).join(''));
}

function width(text: string): number {
  return Array.from(text).length;
}
