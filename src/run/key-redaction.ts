/**
 * Hides which keys were pressed (DTMF), which may be a PIN or a number: an `x` for each, so that they can still be counted. In rows
 * and results they stand in fields of their own; in text they stand in what a step says that it missed, and in the bodies of INFO.
 */
import type { CallRecord } from '../worker/messages.js';

const KEY = /[0-9*#A-D]/gi;
const REFERENCE = /\$\{[^}]*\}/;
/** As a step, or the end of a call, tells of keys that did not come. */
const EXPECTED = /(\bexpected the keys )([0-9*#A-D]{1,256})/g;
/** Behind keys that are hidden already. */
const GOT = /(x, got )([0-9*#A-D]{1,256})/g;
/** A message whose body presses a key. Compact form: RFC 3261 §7.3.3. */
const KEY_BODY = /^(?:content-type|c)[ \t]{0,9}:[ \t]{0,9}application\/dtmf\b/im;
/** application/dtmf-relay. */
const SIGNAL = /^(\s{0,40}Signal\s{0,40}=\s{0,40})([^\r\n]+)/gim;
/** application/dtmf: the key is all there is. */
const LONE_KEYS = /^\s{0,40}[0-9*#A-D]{1,64}\s{0,40}$/i;

/** A value that is keys as a whole; a reference to them stays. */
export const hideKeys = (keys: string): string => (REFERENCE.test(keys) ? keys : keys.replaceAll(KEY, 'x'));

/** The body of an INFO. */
export function hideKeysOfBody(body: string): string {
  return LONE_KEYS.test(body) ? hideKeys(body) : body.replaceAll(SIGNAL, hideBehind);
}

const hideBehind = (_: string, before: string, keys: string): string => before + hideKeys(keys);

/** A text of any kind, a SIP message among them. */
export function hideKeysInText(text: string): string {
  const told = text.includes('expected the keys ')
    ? text.replaceAll(EXPECTED, hideBehind).replaceAll(GOT, hideBehind)
    : text;
  const bodyAt = KEY_BODY.test(told) ? told.search(/\r?\n\r?\n/) : -1;
  return bodyAt < 0 ? told : told.slice(0, bodyAt) + hideKeysOfBody(told.slice(bodyAt));
}

/** The keys of a call, for its row. */
export function hideKeysOfCall(dtmf: NonNullable<CallRecord['dtmf']>): NonNullable<CallRecord['dtmf']> {
  const { sent, received, receivedBeyond, mismatch } = dtmf;
  return {
    sent: sent.map(({ digits, startMs, method }) => ({ digits: hideKeys(digits), startMs, method })),
    received: received.map(({ digit, startMs, durationMs, method }) => ({
      digit: hideKeys(digit),
      startMs,
      durationMs,
      method,
    })),
    receivedBeyond,
    mismatch: mismatch && { expected: hideKeys(mismatch.expected), received: hideKeys(mismatch.received) },
  };
}
