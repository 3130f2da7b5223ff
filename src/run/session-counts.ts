/**
 * How INVITEs ended, and the ratios that RFC 6076 §4.6–4.9 and ITU-T E.411, E.425 make of it. An INVITE that is sent again with
 * credentials is the same attempt. Calls that we cut ourselves and calls of the warm-up are no attempts here.
 */
import type { ScalarView } from '../gates/source.js';
import type { CallRecord } from '../worker/messages.js';

/** RFC 6076 §4.7: the far side, and not the network, said no. */
const SAID_NO: ReadonlySet<number> = new Set([480, 486, 600, 603]);
/** RFC 6076 §4.8. */
const INEFFECTIVE: ReadonlySet<number> = new Set([408, 500, 503, 504]);

export const SESSION_RATIOS = ['ser', 'seer', 'isa', 'scr', 'asr', 'ner'] as const;
export type SessionRatio = (typeof SESSION_RATIOS)[number];

/** Sums, so that those of several groups add up. */
export class SessionCounts {
  attempts = 0;
  /** Final 3xx: no attempt of SER and SEER, since the caller is sent elsewhere. */
  redirected = 0;
  established = 0;
  /** Final 480, 486, 600 or 603. */
  saidNo = 0;
  /** It rang, and we gave up waiting. */
  notAnswered = 0;
  /** Final 408, 500, 503 or 504; or none, which RFC 3261 §8.1.3.1 takes for 408, and for 503 where it could not be sent. */
  ineffective = 0;
  /** Established, and ended by a BYE that was answered, ours or theirs. */
  completed = 0;

  add(record: CallRecord): void {
    const { establishedMs, sipStatus: status, outcome, cause } = record;
    this.attempts++;
    if (establishedMs !== null) {
      this.established++;
      this.completed += outcome === 'completed' || cause === 'remoteBye' ? 1 : 0;
      return;
    }
    this.redirected += status !== null && status >= 300 && status < 400 ? 1 : 0;
    this.saidNo += status !== null && SAID_NO.has(status) ? 1 : 0;
    this.notAnswered += cause === 'noAnswer' ? 1 : 0;
    this.ineffective += status === null ? (cause === 'noAnswer' ? 0 : 1) : INEFFECTIVE.has(status) ? 1 : 0;
  }

  addAll(other: SessionCounts): void {
    this.attempts += other.attempts;
    this.redirected += other.redirected;
    this.established += other.established;
    this.saidNo += other.saidNo;
    this.notAnswered += other.notAnswered;
    this.ineffective += other.ineffective;
    this.completed += other.completed;
  }

  /** 0–1 and how many attempts it is of; null without one. */
  ratio(name: SessionRatio): ScalarView | null {
    const samples = name === 'ser' || name === 'seer' ? this.attempts - this.redirected : this.attempts;
    return samples === 0 ? null : { value: this.numeratorOf(name) / samples, samples };
  }

  private numeratorOf(name: SessionRatio): number {
    const { established, saidNo, notAnswered, ineffective, completed } = this;
    const numerators: Readonly<Record<SessionRatio, number>> = {
      ser: established,
      seer: established + saidNo,
      isa: ineffective,
      scr: completed,
      asr: established,
      ner: established + saidNo + notAnswered,
    };
    return numerators[name];
  }
}
