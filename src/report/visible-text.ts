/**
 * Makes invisible characters visible. Network text may carry control characters, bidirectional overrides and zero-width
 * marks that move the cursor or reorder the line; every rendering shows them instead of obeying them.
 */

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Every control, format, line-separator and lone-surrogate character replaced by its code point in brackets (`⟨U+202E⟩`). */
export function showHidden(text: string): string {
  return text.replaceAll(HIDDEN, signOf);
}

/** Network text for a terminal: one line, no escape codes, no cursor movement, no reordering. */
export function escapeTerminal(text: string): string {
  return showHidden(text);
}

/** At most `limit` UTF-16 units, with an ellipsis where something was left out. */
export function clipText(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
