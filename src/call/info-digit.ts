/** Keys pressed by INFO: the bodies application/dtmf-relay (`Signal=5`) and application/dtmf (`5`) of the field. Network text. */
import type { SipMessage } from '../sip/message/message.js';

const KEY = /^[0-9*#A-D]$/i;
const SIGNAL = /^\s*Signal\s*=\s*(\S+)\s*$/im;
/** Of a body. */
const LOOKED_AT = 256;

/** Whether the request is an INFO that presses a key. */
export function pressesKey(request: SipMessage): boolean {
  if (request.method !== 'INFO') return false;
  const body = request.body.slice(0, LOOKED_AT);
  const { contentType } = request;
  if (contentType === 'application/dtmf-relay') return KEY.test(SIGNAL.exec(body)?.[1] ?? '');
  return contentType === 'application/dtmf' && KEY.test(body.trim());
}
