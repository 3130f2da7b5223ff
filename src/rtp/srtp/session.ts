/** SRTP of one leg: both directions, and what becomes of them when keys are agreed anew (RFC 4568 §7.1.4). */
import type { SrtpKeys } from '../../lib/srtp-suite.js';
import { isRtcp } from '../packet.js';
import { SrtpReceiver, type SrtpVerdict } from './receiver.js';
import { SrtpSender } from './sender.js';

export class SrtpSession {
  /** What `open` made of the datagram before. */
  verdict: SrtpVerdict = 'failed';
  private readonly sender: SrtpSender;
  private readonly receiver: SrtpReceiver;

  /** @throws RangeError for keys of another length than the suite has */
  constructor(private keys: SrtpKeys) {
    this.sender = new SrtpSender(keys.suite, keys.sendKey);
    this.receiver = new SrtpReceiver(keys.suite, keys.receiveKey);
  }

  /** The same keys leave everything as it is. */
  agree(keys: SrtpKeys): void {
    const { suite, sendKey, receiveKey } = keys;
    const isSameSuite = suite === this.keys.suite;
    if (!isSameSuite || !isSameKey(sendKey, this.keys.sendKey)) this.sender.rekey(suite, sendKey);
    if (!isSameSuite || !isSameKey(receiveKey, this.keys.receiveKey)) this.receiver.rekey(suite, receiveKey);
    this.keys = keys;
  }

  /** @returns what is to be sent, good until the next call of either, in any session of the thread */
  protectRtp(packet: Uint8Array): Uint8Array {
    return this.sender.protectRtp(packet);
  }

  protectRtcp(compound: Uint8Array): Uint8Array {
    return this.sender.protectRtcp(compound);
  }

  /** Makes a datagram of either kind readable, in place. @returns its length; -1: it cannot be, as `verdict` says */
  open(data: Uint8Array, length: number): number {
    const { receiver } = this;
    if (length >= 2 && isRtcp(data)) {
      this.verdict = receiver.openRtcp(data, length);
      if (receiver.hasShortRtcpTag) this.sender.shortenRtcpTag();
    } else {
      this.verdict = receiver.openRtp(data, length);
    }
    return this.verdict === 'ok' || this.verdict === 'replay' ? receiver.length : -1;
  }
}

/** What is agreed on from now on. @param keys absent: in the clear */
export function agreedSession(before: SrtpSession | null, keys: SrtpKeys | undefined): SrtpSession | null {
  if (keys === undefined) return null;
  if (before === null) return new SrtpSession(keys);
  before.agree(keys);
  return before;
}

function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
