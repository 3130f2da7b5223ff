/** A cause in a table: its id, and below it what that means. */
import { causeWords } from '../cause-words.js';
import { html, networkText, type Markup } from './markup.js';

export function causeCell(cause: string): Markup {
  const words = causeWords(cause);
  return words === null ? html`${networkText(cause)}` : html`${networkText(cause)}<br /><small>${words}</small>`;
}
