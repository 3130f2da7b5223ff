/** Payload of a telephone-event (RFC 4733 §2.3), and the sixteen keys among the events (§3.2). */

export const EVENT_BYTES = 4;
/** What the duration field holds at most, in clock units; longer events go on in segments (§2.5.1.3). */
export const MAX_SEGMENT = 0xffff;
/** By event code. */
const DIGITS = '0123456789*#ABCD';
/** Power level in −dBm0 that we name. */
const VOLUME = 10;
const END_BIT = 0x80;
const VOLUME_BITS = 0x3f;

/** What of a payload says something of the key; `parseEvent` fills it, so that nothing is allocated per packet. */
export interface EventPayload {
  /** 0–255. */
  code: number;
  isEnd: boolean;
  /** Since the event's RTP timestamp, clock units. */
  duration: number;
}

/** The code of a digit, 0–15; −1 for what is none. */
export const eventCodeOf = (digit: string): number => (digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1);

/** The digit of a code; null for other events (flash, tones of fax and modem). */
export const digitOf = (code: number): string | null => DIGITS[code] ?? null;

/**
 *  0                   1                   2                   3
 *  |     event     |E|R| volume    |          duration             |
 *
 * @returns false, and nothing is changed, for a payload that is too short
 */
export function parseEvent(data: Uint8Array, offset: number, length: number, into: EventPayload): boolean {
  if (length < EVENT_BYTES) {
    return false;
  }
  into.code = data[offset] ?? 0;
  into.isEnd = ((data[offset + 1] ?? 0) & END_BIT) !== 0;
  into.duration = ((data[offset + 2] ?? 0) << 8) | (data[offset + 3] ?? 0);
  return true;
}

/** @throws nothing: what is larger than its field is cut to it */
export function writeEvent(
  packet: Uint8Array,
  offset: number,
  { code, isEnd, duration }: Readonly<EventPayload>,
): void {
  packet[offset] = code;
  packet[offset + 1] = (isEnd ? END_BIT : 0) | (VOLUME & VOLUME_BITS);
  packet[offset + 2] = (duration >>> 8) & 0xff;
  packet[offset + 3] = duration & 0xff;
}
