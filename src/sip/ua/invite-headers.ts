/** What an INVITE of ours says of extensions: Supported, Require (RFC 3262 §4), Session-Expires and Min-SE (RFC 4028 §7.1). */
import { type HeaderBlock, headerBlock, joinBlocks } from '../message/builder.js';
import { SUPPORTED } from '../message/option-tags.js';
import type { ReliableProvisionalWish } from './core.js';
import { type SessionTimerWish, expiresHeaders } from './session-timer.js';

const RELIABLE: Readonly<Record<ReliableProvisionalWish, HeaderBlock>> = {
  off: headerBlock([['Supported', 'timer']]),
  supported: SUPPORTED,
  required: headerBlock([
    ['Supported', 'timer'],
    ['Require', '100rel'],
  ]),
};

export function extensionHeaders(reliable: ReliableProvisionalWish, timer: SessionTimerWish | null): HeaderBlock {
  const first = RELIABLE[reliable];
  if (timer === null) return first;
  return joinBlocks(first, expiresHeaders(timer.expiresS, timer.refresher, timer.minSeS));
}
