/** The keys of ours for SRTP in one call: drawn when one is needed first, and the same in all offers and answers after that. */
import { srtpSuite, type SrtpSuiteName } from '../lib/srtp-suite.js';
import type { LocalSrtp } from '../sdp/media-security.js';
import type { AgreedMedia } from './negotiation.js';

export interface SrtpWish {
  /** False: only where the far side offers it. */
  readonly isRequired: boolean;
  /** In order of preference. */
  readonly suites: readonly SrtpSuiteName[];
  /** Nobody may be able to guess them. */
  randomBytes(count: number): Uint8Array;
}

export class CallKeys {
  private readonly keys = new Map<SrtpSuiteName, Uint8Array>();

  constructor(private readonly wish: SrtpWish) {}

  /** An offer within the call keeps suite and key, so that the stream goes on; an answer is free to take what is offered. */
  localFor(use: 'offer' | 'answer', agreed: AgreedMedia | null): LocalSrtp {
    const { isRequired, suites } = this.wish;
    const current = agreed?.srtp;
    return {
      isRequired,
      offerAs: current?.protocol ?? (isRequired ? 'RTP/SAVP' : null),
      suites: use === 'offer' && current !== undefined ? [current.suite] : suites,
      keyOf: (suite) => this.keyOf(suite),
    };
  }

  private keyOf(suite: SrtpSuiteName): Uint8Array {
    const known = this.keys.get(suite);
    if (known !== undefined) return known;
    const { keyBytes, saltBytes } = srtpSuite(suite);
    const drawn = this.wish.randomBytes(keyBytes + saltBytes);
    this.keys.set(suite, drawn);
    return drawn;
  }
}
