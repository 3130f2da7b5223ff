/**
 * What a call does while it is up, one step after another: waits, holds, resumes, changes its codec, says something, hands the far
 * side over. The first step that fails ends the call.
 */
import { type HeaderBlock, headerBlock } from '../sip/message/builder.js';
import type { SipMessage } from '../sip/message/message.js';
import type { TimerHandle } from '../sip/transaction/timers.js';
import type { DialogOutcome } from '../sip/ua/call-events.js';
import type { MediaChange } from './call-media.js';
import { type KeyStepsOwner, KeySteps } from './key-steps.js';
import { causeOfEvent } from './outcome.js';
import { transferStatus } from './transfer.js';

/** Plain data: it travels to the worker. Times in ms. */
export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  /** We send and do not listen; then it waits so long. */
  | { readonly kind: 'hold'; readonly ms: number }
  | { readonly kind: 'resume' }
  /** `codec: null`: what is used is offered again. */
  | { readonly kind: 'reinvite'; readonly codec: string | null }
  /** `codec: null`: without SDP. */
  | { readonly kind: 'update'; readonly codec: string | null }
  | { readonly kind: 'info'; readonly contentType: string; readonly body: string }
  /** Presses keys one after another: `info` as application/dtmf-relay, `info-plain` as application/dtmf. */
  | {
      readonly kind: 'dtmf';
      readonly digits: string;
      readonly method: 'rfc4733' | 'inband' | 'info' | 'info-plain';
      readonly toneMs: number;
      readonly gapMs: number;
    }
  /** Waits so long at most for these keys of the far side, whichever way they come, and takes no others. */
  | { readonly kind: 'expectDtmf'; readonly digits: string; readonly ms: number }
  /** A blind transfer (RFC 3515): the far side is to call this URI; then the call is over. */
  | { readonly kind: 'refer'; readonly to: string }
  | { readonly kind: 'bye' };

/** Why a step came to nothing. */
export interface StepFailure {
  readonly cause: string;
  readonly sipStatus: number | null;
  readonly detail: string;
}

/** The call that takes the steps. */
export interface StepsOwner extends KeyStepsOwner {
  onStepFailed(failure: StepFailure): void;
  /** All are done. @param isOver the call is to be hung up now, whatever time it has */
  onStepsDone(isOver: boolean): void;
}

/** From the REFER to the word that the transfer has come to something. */
const TRANSFER_TIMEOUT_MS = 32_000;

export class Steps {
  /** The far side has taken our transfer: its BYE is how the call is to end. */
  isTransferring = false;
  #next = 0;
  #timer: TimerHandle | null = null;
  #isStopped = false;
  readonly #keys: KeySteps;

  constructor(
    private readonly steps: readonly Step[],
    private readonly owner: StepsOwner,
  ) {
    this.#keys = new KeySteps(owner, {
      done: () => this.#goOn(),
      fail: (failure) => this.#fail(failure),
      settle: (what, outcome) => this.#settle(what, outcome),
    });
  }

  start(): void {
    this.#goOn();
  }

  /** The call ends: nothing more is done. */
  stop(): void {
    this.#isStopped = true;
    this.#keys.stop();
    this.#clearTimer();
  }

  /** A NOTIFY of the far side: how the transfer goes (RFC 3515 §2.4.5). */
  hear(request: SipMessage): void {
    if (!this.isTransferring || this.#isStopped) return;
    const status = transferStatus(request);
    if (status === null || status < 200) return;
    if (status < 300) this.#end(true);
    else
      this.#fail({ cause: 'transferFailed', sipStatus: status, detail: `the target of the transfer gave ${status}` });
  }

  #goOn(): void {
    if (this.#isStopped) return;
    const step = this.steps[this.#next++];
    if (step === undefined) this.#end(false);
    else this.#take(step);
  }

  #take(step: Step): void {
    switch (step.kind) {
      case 'wait':
        this.#wait(step.ms);
        break;
      case 'hold':
        this.#offer('hold', 'INVITE', { direction: 'hold' }, step.ms);
        break;
      case 'resume':
        this.#offer('resume', 'INVITE', { direction: 'resume' });
        break;
      case 'reinvite':
        this.#offer('reinvite', 'INVITE', step.codec === null ? {} : { codec: step.codec });
        break;
      case 'update':
        if (step.codec === null)
          this.owner.dialog.send({ method: 'UPDATE' }, (outcome) => this.#settle('update', outcome));
        else this.#offer('update', 'UPDATE', { codec: step.codec });
        break;
      case 'info': {
        const { contentType, body } = step;
        this.owner.dialog.send({ method: 'INFO', contentType, body }, (outcome) => this.#settle('info', outcome));
        break;
      }
      case 'dtmf':
        this.#keys.press(step);
        break;
      case 'expectDtmf':
        this.#keys.expect(step);
        break;
      case 'refer':
        this.#refer(step.to);
        break;
      case 'bye':
        this.#end(true);
        break;
    }
  }

  #wait(ms: number): void {
    this.#timer = this.owner.timers.schedule(ms, goOn, this);
  }

  /** The wait is over. */
  timeUp(): void {
    this.#timer = null;
    if (this.isTransferring)
      this.#fail({ cause: 'transferTimeout', sipStatus: null, detail: 'no NOTIFY said what became of the transfer' });
    else this.#goOn();
  }

  #offer(what: string, method: 'INVITE' | 'UPDATE', change: MediaChange, thenMs = 0): void {
    const { dialog, media } = this.owner;
    const sdp = (): string | null => (this.#isStopped ? null : media.reoffer(change));
    dialog.offer({ method, sdp }, (outcome) => {
      const { response } = outcome;
      if (this.#isStopped) return;
      if (response === null || response.status >= 300) {
        this.#settle(what, outcome);
        return;
      }
      const refusal = media.takeAnswer(response.body);
      if (refusal !== null) this.#fail({ ...refusal, sipStatus: response.status });
      else if (thenMs > 0) this.#wait(thenMs);
      else this.#goOn();
    });
  }

  #refer(to: string): void {
    this.isTransferring = true;
    this.#wait(TRANSFER_TIMEOUT_MS);
    this.owner.dialog.send({ method: 'REFER', headers: referTo(to) }, ({ response, cause, detail }) => {
      if (this.#isStopped || (response !== null && response.status < 300)) return;
      this.isTransferring = false;
      this.#settle('refer', { response, cause, detail });
    });
  }

  #settle(what: string, { response, cause, detail }: DialogOutcome): void {
    if (this.#isStopped) return;
    const sipStatus = response?.status ?? null;
    if (sipStatus !== null && sipStatus < 300) this.#goOn();
    else this.#fail({ cause: causeOfEvent(`${what}-${cause === 'response' ? 'refused' : cause}`), sipStatus, detail });
  }

  #fail(failure: StepFailure): void {
    this.stop();
    this.owner.onStepFailed(failure);
  }

  #end(isOver: boolean): void {
    this.stop();
    this.owner.onStepsDone(isOver);
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.owner.timers.cancel(this.#timer);
    this.#timer = null;
  }
}

const goOn = (steps: Steps): void => steps.timeUp();

const referTo = (uri: string): HeaderBlock => headerBlock([['Refer-To', `<${uri}>`]]);
