/** Which message belongs to which transaction (RFC 3261 §17.1.3, §17.2.3). */
import type { SipMessage } from '../message/message.js';

const MAGIC_COOKIE = 'z9hG4bK';

/** Client side: our branches are unique, only a CANCEL shares that of its INVITE. */
export function clientKey(branch: string, method: string): string {
  return method === 'CANCEL' ? `${branch} CANCEL` : branch;
}

/** Server side: branch, sent-by and method, where an ACK belongs to its INVITE. */
export function serverKey(request: SipMessage): string {
  return keyFor(request, request.method === 'ACK' ? 'INVITE' : request.method);
}

/** The key of the INVITE that a CANCEL is about. */
export const cancelledKey = (cancel: SipMessage): string => keyFor(cancel, 'INVITE');

function keyFor(request: SipMessage, method: string): string {
  const via = request.topVia;
  const sentBy = via.port === null ? via.host : `${via.host}:${via.port}`;
  if (via.branch.length > MAGIC_COOKIE.length && via.branch.startsWith(MAGIC_COOKIE))
    return `${via.branch} ${sentBy} ${method}`;
  // RFC 2543 peers: the fields that an INVITE shares with its ACK and CANCEL (§17.2.3). The To tag is not among them.
  const from = request.from.tag ?? '';
  return `2543 ${request.callId} ${from} ${request.cseq.number} ${request.requestUri} ${sentBy} ${method}`;
}
