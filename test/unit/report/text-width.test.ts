import { describe, expect, it } from 'vitest';
import { clipColumns, columnsOf, piecesOf } from '../../../src/report/text-width.js';

describe('the columns of a text', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['✓ ✕ ◆ ▲ ━ – →', 13],
    // Wide by Unicode TR 11, two each.
    ['漢字', 4],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['ﾊﾝｶｸ', 4],
    ['、。', 4],
    ['𠀋', 2],
    ['📞', 2],
    // e + combining acute.
    ['e\u0301', 1],
    ['⟨U+202E⟩', 8],
  ])('%s: %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  it('clips to a width, never through a wide character', () => {
    expect(clipColumns('abcdef', 6)).toBe('abcdef');
    expect(clipColumns('abcdef', 5)).toBe('abcd…');
    expect(clipColumns('漢字漢字', 6)).toBe('漢字…');
    expect(clipColumns('漢字', 3)).toBe('漢…');
    expect(clipColumns('漢字', 2)).toBe('…');
    expect(clipColumns('abc', 0)).toBe('');
  });

  it('cuts into pieces of a width', () => {
    expect(piecesOf('abcdef', 4)).toEqual(['abcd', 'ef']);
    expect(piecesOf('漢字漢', 3)).toEqual(['漢', '字', '漢']);
    expect(piecesOf('', 4)).toEqual(['']);
  });
});
