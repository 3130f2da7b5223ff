/** Session-Expires and Min-SE (RFC 4028 §4, §5) of a message that came. */
import { parameterOf, parseDigits } from './characters.js';
import { HeaderId } from './header-name.js';
import type { SipMessage } from './message.js';

export type Refresher = 'uac' | 'uas';

export interface SessionExpires {
  /** Within the bounds below, whatever the peer wrote. */
  readonly intervalS: number;
  /** Null: not said. */
  readonly refresher: Refresher | null;
}

/** RFC 4028 §4: nobody may ask for less. */
export const LEAST_INTERVAL_S = 90;
/** What a peer says below this is taken for this: a session is not refreshed more than twice a second on its word. */
const LEAST_TAKEN_S = 2;
/** A day: beyond that a timer says nothing of a call. */
export const MOST_INTERVAL_S = 86_400;

/** Null without the header, and for one that cannot be read. */
export function sessionExpiresOf(message: SipMessage): SessionExpires | null {
  const value = message.headerById(HeaderId.sessionExpires);
  if (value === null) return null;
  const semicolon = value.indexOf(';');
  const seconds = secondsOf(semicolon < 0 ? value : value.slice(0, semicolon));
  if (seconds === null) return null;
  const refresher = semicolon < 0 ? null : parameterOf(value.slice(semicolon), 'refresher')?.toLowerCase();
  return {
    intervalS: Math.min(Math.max(seconds, LEAST_TAKEN_S), MOST_INTERVAL_S),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null,
  };
}

/** Null without the header, and for one that cannot be read. */
export function minSeOf(message: SipMessage): number | null {
  const value = message.headerById(HeaderId.minSe);
  if (value === null) return null;
  const semicolon = value.indexOf(';');
  return secondsOf(semicolon < 0 ? value : value.slice(0, semicolon));
}

function secondsOf(text: string): number | null {
  const digits = text.trim();
  const seconds = parseDigits(digits, 0, digits.length);
  return seconds < 0 ? null : seconds;
}
