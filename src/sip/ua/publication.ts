/**
 * PUBLISH of one event package (RFC 3903), as the side that takes it: each publication is handed up once and nothing is
 * kept of it, so it expires at once and there is none to refresh or to remove.
 */
import { type HeaderBlock, headerBlock } from '../message/builder.js';
import { HeaderId } from '../message/header-name.js';
import type { SipMessage } from '../message/message.js';

export interface PublicationRules {
  /** Event package, in lower case. */
  readonly event: string;
  /** Media type of the body, in lower case. */
  readonly contentType: string;
  /** A longer body is refused unread. */
  readonly maxBytes: number;
}

/** The checks of RFC 3903 §6 in their order; the status to refuse with, or null. */
export function inspectPublication(request: SipMessage, rules: PublicationRules): number | null {
  if (packageOf(request) !== rules.event) return 489;
  if (request.header('SIP-If-Match') !== null) return 412;
  if (request.contentType !== rules.contentType || request.headerById(HeaderId.contentEncoding) !== null) return 415;
  if (request.body.length > rules.maxBytes) return 413;
  return null;
}

/** What a refusal says besides its status (RFC 3903 §6, RFC 6665 §4.3). */
export function refusalHeaders(status: number, rules: PublicationRules): HeaderBlock {
  if (status === 489) return headerBlock([['Allow-Events', rules.event]]);
  return headerBlock(status === 415 ? [['Accept', rules.contentType]] : []);
}

/** A 200 has both (RFC 3903 §6). @param entityTag new for each */
export const acceptedHeaders = (entityTag: string): HeaderBlock =>
  headerBlock([
    ['SIP-ETag', entityTag],
    ['Expires', '0'],
  ]);

function packageOf(request: SipMessage): string | null {
  const value = request.headerById(HeaderId.event);
  if (value === null) return null;
  const semicolon = value.indexOf(';');
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
}
