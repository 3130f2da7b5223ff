/** Steps of a call that press keys, or wait for those of the far side. */
import type { TimerHandle, Timers } from '../sip/transaction/timers.js';
import type { DialogOutcome, MidCall } from '../sip/ua/call-events.js';
import type { CallMedia } from './call-media.js';
import { type CallDigits, mismatchInWords } from './dtmf.js';
import { infoForKey } from './info-digit.js';
import type { Step, StepFailure } from './steps.js';

export type DtmfStep = Extract<Step, { kind: 'dtmf' }>;
export type ExpectDtmfStep = Extract<Step, { kind: 'expectDtmf' }>;

/** The call that presses them. */
export interface KeyStepsOwner {
  readonly timers: Timers;
  readonly media: CallMedia;
  readonly dialog: MidCall;
  readonly digits: CallDigits;
  /** Since the start of the run. */
  nowMs(): number;
}

/** What becomes of a step. */
export interface StepEnds {
  done(): void;
  fail(failure: StepFailure): void;
  /** An INFO came to nothing. */
  settle(what: string, outcome: DialogOutcome): void;
}

export class KeySteps {
  #timer: TimerHandle | null = null;
  #isStopped = false;

  constructor(
    private readonly owner: KeyStepsOwner,
    private readonly ends: StepEnds,
  ) {}

  stop(): void {
    this.#isStopped = true;
    this.#clear();
  }

  press(step: DtmfStep): void {
    if (step.method === 'info' || step.method === 'info-plain') {
      this.#pressByInfo(step, 0);
      return;
    }
    const { media, digits } = this.owner;
    const problem = problemOf(step, media);
    if (problem !== null) {
      this.ends.fail({ cause: 'dtmfNotPossible', sipStatus: null, detail: problem });
      return;
    }
    const { ptimeMs } = media;
    const { method, toneMs, gapMs } = step;
    const everyMs = method === 'inband' ? toneMs + gapMs : wholePtimes(toneMs, ptimeMs) + wholePtimes(gapMs, ptimeMs);
    media.slot.press?.({ digits: step.digits, method, toneMs, gapMs });
    digits.noteSent(step.digits, method, { startMs: this.owner.nowMs(), everyMs });
    this.#wait(wholePtimes(everyMs * step.digits.length, ptimeMs), () => this.ends.done());
  }

  /** Until as many keys have come as are expected, and no longer than it has time. */
  expect({ digits: expected, ms }: ExpectDtmfStep): void {
    const { digits } = this.owner;
    const judge = (): void => {
      digits.onReceived = null;
      this.#clear();
      const mismatch = digits.judgeNews(expected);
      if (mismatch === null) this.ends.done();
      else this.ends.fail({ cause: 'dtmfMismatch', sipStatus: null, detail: mismatchInWords(mismatch) });
    };
    const look = (): void => {
      if (!this.#isStopped && !expected.startsWith(digits.news)) judge();
      else if (!this.#isStopped && digits.news === expected) judge();
    };
    this.#wait(ms, judge);
    digits.onReceived = look;
    look();
  }

  #pressByInfo(step: DtmfStep, index: number): void {
    const digit = step.digits.charAt(index);
    if (digit === '') {
      this.ends.done();
      return;
    }
    const { dialog, digits } = this.owner;
    digits.noteSent(digit, 'info', { startMs: this.owner.nowMs(), everyMs: 0 });
    dialog.send(infoForKey(digit, step.toneMs, step.method === 'info-plain'), (outcome) => {
      if (this.#isStopped) return;
      const isTaken = outcome.response !== null && outcome.response.status < 300;
      if (isTaken) this.#wait(step.toneMs + step.gapMs, () => this.#pressByInfo(step, index + 1));
      else this.ends.settle('info', outcome);
    });
  }

  #wait(ms: number, then: () => void): void {
    this.#timer = this.owner.timers.schedule(ms, () => {
      this.#timer = null;
      then();
    });
  }

  #clear(): void {
    if (this.#timer !== null) this.owner.timers.cancel(this.#timer);
    this.#timer = null;
  }
}

const wholePtimes = (ms: number, ptimeMs: number): number => Math.ceil(ms / ptimeMs) * ptimeMs;

function problemOf({ method }: DtmfStep, { slot, agreed }: CallMedia): string | null {
  if (slot.press === undefined) return 'keys as audio need audio, and this run has none';
  if (method === 'rfc4733' && agreed?.eventSendPayloadType === null)
    return 'telephone-event was not agreed on: the far side takes no keys as events';
  return null;
}
