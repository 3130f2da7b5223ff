/** A final response that refuses, in one line for people: why, as far as we know it, and what the peer itself says. */
import type { SipMessage } from '../message/message.js';
import { q850Reason } from '../message/reason-header.js';

/** Of a whole detail. What we know ourselves stands first, so that only words of the peer are cut. */
export const DETAIL_CHARACTERS = 120;
const REASON_CHARACTERS = 50;

/** `486 Busy Here; Q.850 cause 17 (User busy)`. @param why our own words; '' for none */
export function refusalDetail(response: SipMessage, why = ''): string {
  const said = `${response.status} ${response.reason.slice(0, REASON_CHARACTERS)}`.trim();
  const parts = [why, said, q850Reason(response) ?? ''].filter((part) => part !== '');
  return parts.join('; ').slice(0, DETAIL_CHARACTERS);
}
