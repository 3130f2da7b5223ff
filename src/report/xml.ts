/** Text for XML 1.0 documents: the one escaper. Left out: CDATA sections and names, which are ours. */
import { showHidden } from './visible-text.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/**
 * Safe as text and inside a quoted attribute, as one line. Characters that XML 1.0 §2.2 forbids become visible signs, and so do
 * control characters that it allows: a parser would turn a newline in an attribute into a space.
 */
export function escapeXml(text: string): string {
  return showHidden(text)
    .replaceAll(/[\uFFFE\uFFFF]/g, '⟨not a character⟩')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Lines of text in an element. */
export function xmlLines(lines: readonly string[]): string {
  return lines.map(escapeXml).join('\n');
}

/** ` name="value"` for each. */
export function xmlAttributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}
