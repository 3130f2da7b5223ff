/** The Reason header (RFC 3326): why a request was sent, or what a gateway heard from the network behind it (Q.850). */
import { parameterOf, parseDigits, splitList } from './characters.js';
import type { SipMessage } from './message.js';

/** Of the text that goes with a cause. */
const TEXT_CHARACTERS = 60;
/** Q.850 causes are 7 bits wide. */
const MAX_CAUSE = 127;

/** `Q.850 cause 17 (User busy)`, or null without a cause of Q.850. The text is the peer's; wire text. */
export function q850Reason(message: SipMessage): string | null {
  for (const value of message.headers('Reason').flatMap(splitList)) {
    const semicolon = value.indexOf(';');
    if (semicolon < 0 || value.slice(0, semicolon).trim().toLowerCase() !== 'q.850') continue;
    const params = value.slice(semicolon);
    const digits = parameterOf(params, 'cause') ?? '';
    const cause = parseDigits(digits, 0, digits.length);
    if (cause < 0 || cause > MAX_CAUSE) continue;
    const text = (parameterOf(params, 'text') ?? '').slice(0, TEXT_CHARACTERS);
    return `Q.850 cause ${cause}${text === '' ? '' : ` (${text})`}`;
  }
  return null;
}
