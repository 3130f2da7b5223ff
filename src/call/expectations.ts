/** What a scenario expects of the final response, and what came instead. */
import type { SipMessage } from '../sip/message/message.js';
import type { AgreedMedia } from './negotiation.js';

/** Plain data: it travels to the worker. */
export interface Expectations {
  /** Names and patterns, in which `*` stands for any text; one line of the header must match. */
  readonly headers: readonly (readonly [name: string, pattern: string])[];
  /** Name in the codec table; null: any. */
  readonly codec: string | null;
  /** What the far side's SDP is to say; null: anything. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive' | null;
  /** All the keys of the far side, whichever way they come; absent: any. */
  readonly dtmf?: string;
}

export interface Disappointment {
  readonly cause: 'unexpectedHeader' | 'unexpectedCodec' | 'unexpectedDirection' | 'dtmfMismatch';
  /** May hold network text. */
  readonly detail: string;
}

/** Of a value that is shown. */
const SHOWN_CHARACTERS = 60;

/** The first header that is not as expected; null: all are. */
export function unmetHeader({ headers }: Expectations, response: SipMessage): Disappointment | null {
  for (const [name, pattern] of headers) {
    const values = response.headers(name);
    if (values.some((value) => matches(value, pattern))) continue;
    const found = values.length === 0 ? 'none' : values[0]?.slice(0, SHOWN_CHARACTERS);
    return { cause: 'unexpectedHeader', detail: `expected ${name}: ${pattern}, found ${found}` };
  }
  return null;
}

/** What of the agreed audio is not as expected; null: all is. */
export function unmetMedia({ codec, direction }: Expectations, agreed: AgreedMedia): Disappointment | null {
  if (codec !== null && agreed.codec !== codec)
    return { cause: 'unexpectedCodec', detail: `expected ${codec}, found ${agreed.codec}` };
  const found = directionOf(agreed);
  if (direction !== null && found !== direction)
    return { cause: 'unexpectedDirection', detail: `expected a=${direction}, found a=${found}` };
  return null;
}

/** Theirs, as it stands against our sendrecv. */
function directionOf({ sends, receives }: AgreedMedia): NonNullable<Expectations['direction']> {
  if (sends) return receives ? 'sendrecv' : 'recvonly';
  return receives ? 'sendonly' : 'inactive';
}

/** In time that grows with the text alone: each piece between stars is looked for behind the one before. */
export function matches(text: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  const [first = ''] = pieces;
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}
