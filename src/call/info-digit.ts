/** Keys pressed by INFO: the bodies application/dtmf-relay (`Signal=5`) and application/dtmf (`5`) of the field. Network text. */
import type { SipMessage } from '../sip/message/message.js';

const KEY = /^[0-9*#A-D]$/i;
const SIGNAL = /^\s*Signal\s*=\s*(\S+)\s*$/im;
const DURATION = /^\s*Duration\s*=\s*(\d{1,6})\s*$/im;
/** Of a body. */
const LOOKED_AT = 256;

export interface InfoKey {
  readonly digit: string;
  readonly durationMs: number | null;
}

/** The key that the request presses; null: it is no INFO, or presses none. */
export function keyOfInfo(request: SipMessage): InfoKey | null {
  if (request.method !== 'INFO') return null;
  const body = request.body.slice(0, LOOKED_AT);
  const { contentType } = request;
  const isRelay = contentType === 'application/dtmf-relay';
  if (!isRelay && contentType !== 'application/dtmf') return null;
  const key = isRelay ? (SIGNAL.exec(body)?.[1] ?? '') : body.trim();
  const duration = isRelay ? DURATION.exec(body)?.[1] : undefined;
  return KEY.test(key)
    ? { digit: key.toUpperCase(), durationMs: duration === undefined ? null : Number(duration) }
    : null;
}

/** An INFO for a key. @param isPlain application/dtmf, which has no duration */
export function infoForKey(digit: string, durationMs: number, isPlain: boolean) {
  return isPlain
    ? ({ method: 'INFO', contentType: 'application/dtmf', body: digit } as const)
    : ({
        method: 'INFO',
        contentType: 'application/dtmf-relay',
        body: `Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n`,
      } as const);
}
