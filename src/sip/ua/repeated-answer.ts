/** A 2xx to an INVITE, sent again until its ACK comes (RFC 3261 §13.3.1.4): end to end, so not the transaction's work. */
import { TimerPair } from '../transaction/layer.js';
import { transactionTimeoutMs } from '../transaction/timers.js';
import type { Core } from './core.js';

export class RepeatedAnswer {
  #timers: TimerPair;
  #intervalMs: number;
  #text = '';
  #host = '';
  #port = 0;

  /** @param onGivenUp no ACK for 64·T1 */
  constructor(
    private readonly core: Core,
    private readonly onGivenUp: () => void,
  ) {
    this.#timers = new TimerPair(core.timers);
    this.#intervalMs = core.intervals.t1Ms;
  }

  get isPending(): boolean {
    return this.#text !== '';
  }

  /** Has been sent once, to this place. */
  start(text: string, { host, port }: { readonly host: string; readonly port: number }): void {
    this.#text = text;
    this.#host = host;
    this.#port = port;
    this.#intervalMs = this.core.intervals.t1Ms;
    this.#timers.setRetransmit(this.#intervalMs, onRepeat, this);
    this.#timers.setDeadline(transactionTimeoutMs(this.core.intervals), onDeadline, this);
  }

  /** The ACK came, or nobody waits for it any more. */
  stop(): void {
    this.#timers.stop();
    this.#text = '';
  }

  repeat(): void {
    this.#intervalMs = Math.min(2 * this.#intervalMs, this.core.intervals.t2Ms);
    this.#timers.setRetransmit(this.#intervalMs, onRepeat, this);
    this.core.output.send(this.#text, this.#host, this.#port);
  }

  giveUp(): void {
    this.stop();
    this.onGivenUp();
  }
}

const onRepeat = (answer: RepeatedAnswer): void => answer.repeat();
const onDeadline = (answer: RepeatedAnswer): void => answer.giveUp();
