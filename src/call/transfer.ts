/** What a NOTIFY says of a transfer (RFC 3515 §2.4.5): the status line in its message/sipfrag body. Network text. */
import { HeaderId } from '../sip/message/header-name.js';
import type { SipMessage } from '../sip/message/message.js';

const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?:\s|$)/i;

/** The status that the target of the transfer gave, 100–699; null for a NOTIFY of anything else. */
export function transferStatus(request: SipMessage): number | null {
  const event = request.headerById(HeaderId.event)?.trim().toLowerCase() ?? '';
  if (request.method !== 'NOTIFY' || !/^refer(?:\s*;|$)/.test(event) || request.contentType !== 'message/sipfrag')
    return null;
  const status = STATUS_LINE.exec(request.body.slice(0, 64))?.[1];
  return status === undefined ? null : Number(status);
}
