/** Keys that are pressed in a call, either way: as telephone-events (RFC 4733), as tones in the audio, or by INFO. Plain data. */

export type DtmfMethod = 'rfc4733' | 'info' | 'inband';

/** Keys for the media side to send. */
export interface DigitsToSend {
  readonly digits: string;
  readonly method: Exclude<DtmfMethod, 'info'>;
  readonly toneMs: number;
  /** Behind each. */
  readonly gapMs: number;
}

export interface ReceivedDigit {
  readonly digit: string;
  /** Since the start of the run: by its packets' arrival, or that of the INFO. */
  readonly startMs: number;
  /** Null: an INFO that does not say. */
  readonly durationMs: number | null;
  readonly method: DtmfMethod;
}

/** Keys that we have pressed, one after another from `startMs` on. */
export interface SentDigits {
  readonly digits: string;
  readonly startMs: number;
  readonly method: DtmfMethod;
}

/** Of a call in which a key was pressed, or expected. */
export interface DtmfRecord {
  readonly sent: readonly SentDigits[];
  /** In the order in which they were over, at most 256. */
  readonly received: readonly ReceivedDigit[];
  /** Keys that came beyond those. */
  readonly receivedBeyond: number;
  /** What was expected and did not come, or came otherwise; null: all that was expected did come, or nothing was. */
  readonly mismatch: DtmfMismatch | null;
}

export interface DtmfMismatch {
  readonly expected: string;
  readonly received: string;
}

/** More than can be expected at once. */
const MAX_KEPT = 256;

/** The keys of one call, in both directions. */
export class CallDigits {
  private readonly sent: { digits: string; startMs: number; method: DtmfMethod; everyMs: number }[] = [];
  private readonly received: ReceivedDigit[] = [];
  private beyond = 0;
  /** What no expectation has judged yet: the first of it, so that a call may have any number of keys. */
  private unjudged = '';
  private mismatch: DtmfMismatch | null = null;
  /** Told of each that comes. */
  onReceived: (() => void) | null = null;

  hear(digit: ReceivedDigit): void {
    if (this.received.length < MAX_KEPT) {
      this.received.push(digit);
    } else {
      this.beyond++;
    }
    if (this.unjudged.length < MAX_KEPT) {
      this.unjudged += digit.digit;
    }
    this.onReceived?.();
  }

  /** @param everyMs from one key to the next */
  noteSent(
    digits: string,
    method: DtmfMethod,
    { startMs, everyMs }: { readonly startMs: number; readonly everyMs: number },
  ): void {
    this.sent.push({ digits, startMs, method, everyMs });
  }

  /** What has come since the last time that it was judged. */
  get news(): string {
    return this.unjudged;
  }

  /** The news is what was expected, or not. @returns what is wrong; null: nothing */
  judgeNews(expected: string): DtmfMismatch | null {
    const received = this.unjudged;
    this.unjudged = '';
    return this.judge(expected, received);
  }

  /** The same of all that has come. */
  judgeAll(expected: string): DtmfMismatch | null {
    return this.judge(expected, this.received.map(({ digit }) => digit).join(''));
  }

  /** At the end of the call: keys that its end came before are left out. Null: no key at all, and none was missed. */
  record(endMs: number): DtmfRecord | null {
    const sent = this.sent.map(({ digits, startMs, method, everyMs }) => {
      const begun = everyMs > 0 ? Math.floor((endMs - startMs) / everyMs) + 1 : digits.length;
      return { digits: digits.slice(0, Math.max(0, begun)), startMs, method };
    });
    const { received, beyond, mismatch } = this;
    const isEmpty = sent.length === 0 && received.length === 0 && mismatch === null;
    return isEmpty ? null : { sent, received: [...received], receivedBeyond: beyond, mismatch };
  }

  private judge(expected: string, received: string): DtmfMismatch | null {
    const wrong = expected === received ? null : { expected, received };
    this.mismatch ??= wrong;
    return wrong;
  }
}

/** For a record, or a step that failed. */
export const mismatchInWords = ({ expected, received }: DtmfMismatch): string =>
  `expected the keys ${expected}, got ${received === '' ? 'none' : received}`;
