/**
 * How many columns of a terminal a text takes: two for East Asian wide characters (Unicode TR 11, W and F) and emoji, none
 * for combining marks. Characters of ambiguous width count one, as terminals outside of East Asia draw them.
 */

const NO_COLUMN = /^[\p{Mn}\p{Me}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** Makes the character before it an emoji, which most terminals then draw wide. */
const EMOJI_SELECTOR = 0xfe0f;
/** First and last code points of the wide blocks. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** Columns of a text without control characters. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    columns += columnsOfCharacter(character);
  }
  return columns;
}

/** At most `limit` columns, with an ellipsis where something was left out. */
export function clipColumns(text: string, limit: number): string {
  if (columnsOf(text) <= limit) return text;
  const [first = ''] = piecesOf(text, limit - 1);
  return limit < 1 ? '' : `${first}…`;
}

/** The text cut into pieces of at most `limit` columns; a character wider than that is a piece of its own. */
export function piecesOf(text: string, limit: number): string[] {
  const pieces: string[] = [];
  let [piece, columns] = ['', 0];
  for (const character of text) {
    const width = columnsOfCharacter(character);
    if (columns + width > limit) {
      pieces.push(piece);
      [piece, columns] = ['', 0];
    }
    piece += character;
    columns += width;
  }
  return [...pieces, piece];
}

function columnsOfCharacter(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (code === EMOJI_SELECTOR) return 1;
  if (NO_COLUMN.test(character)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) || EMOJI.test(character) ? 2 : 1;
}
