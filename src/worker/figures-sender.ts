/**
 * Sends what the answerer received to the runs that the calls came from: one PUBLISH a leg, paced, so that calls which end
 * together do not burst, and bounded, since where the reports go is the word of the network.
 */
import type { CallToken } from '../call/call-token.js';
import { createUri } from '../sip/message/uri.js';
import type { Timers } from '../sip/transaction/timers.js';
import type { RequestResult, UserAgent } from '../sip/ua/user-agent.js';
import { FIGURES_RULES, serializeFigures } from './figures-report.js';

export interface FiguresSenderOptions {
  readonly userAgent: UserAgent;
  readonly timers: Timers;
  /** Whether a token's address may be sent to, as that of an SDP. */
  mayReach(address: string): boolean;
}

/** Reports that may wait for their turn; those beyond are given up. */
const MAX_WAITING = 10_000;
/** Reports without an answer so far; each may be sent again for 32 s. */
const MAX_IN_FLIGHT = 1000;
/** 1,000 reports a second, at most ten at once. */
const PACE_MS = 10;
const PER_TURN = 10;
/** Whoever has let one run into Timer F gets no more for a while: there is no run, or it cannot be reached from here. */
const SILENCE_MS = 60_000;
const MAX_SILENT = 256;

interface Waiting {
  readonly token: CallToken;
  readonly body: string;
}

export class FiguresSender {
  /** Reports that were answered 200, and those that were refused, given up or never answered. */
  readonly counts = { passed: 0, refused: 0 };
  private waiting: Waiting[] = [];
  private head = 0;
  private inFlight = 0;
  private isPacing = false;
  /** Destinations that did not answer. */
  private readonly silent = new Set<string>();

  constructor(private readonly options: FiguresSenderOptions) {}

  /** Reports that are neither answered nor given up. */
  get pending(): number {
    return this.waiting.length - this.head + this.inFlight;
  }

  /** @param totals a row by LEG of what was received */
  report(token: CallToken, totals: Float64Array): void {
    const isFull = this.waiting.length - this.head >= MAX_WAITING;
    if (isFull || !this.options.mayReach(token.address)) {
      this.counts.refused++;
      return;
    }
    this.waiting.push({ token, body: serializeFigures(token, totals) });
    if (!this.isPacing) {
      this.turn();
    }
  }

  /** Sends what this turn may; the next follows while something waits. */
  turn(): void {
    for (let sent = 0; sent < PER_TURN && this.inFlight < MAX_IN_FLIGHT;) {
      const next = this.takeNext();
      if (next === null) {
        break;
      }
      sent += this.send(next) ? 1 : 0;
    }
    // Also after the last one: what comes within the pace is held to it.
    this.isPacing = this.pending > 0;
    if (this.isPacing) {
      this.options.timers.schedule(PACE_MS, takeTurn, this);
    }
  }

  private takeNext(): Waiting | null {
    const next = this.waiting[this.head];
    if (next === undefined) {
      return null;
    }
    this.head++;
    if (this.head > 1024 || this.head === this.waiting.length) {
      this.waiting = this.waiting.slice(this.head);
      this.head = 0;
    }
    return next;
  }

  private send({ token, body }: Waiting): boolean {
    const { address, port } = token;
    const destination = `${address}:${port}`;
    if (this.silent.has(destination)) {
      this.counts.refused++;
      return false;
    }
    this.inFlight++;
    const target = createUri({ user: 'callgauge', host: address, port });
    const { event, contentType } = FIGURES_RULES;
    this.options.userAgent.publish({ target, event, contentType, body }, (result) => this.settle(destination, result));
    return true;
  }

  private settle(destination: string, { status }: RequestResult): void {
    this.inFlight--;
    const passed = status !== null && status < 300;
    this.counts[passed ? 'passed' : 'refused']++;
    if (status === null && !this.silent.has(destination) && this.silent.size < MAX_SILENT) {
      this.silent.add(destination);
      this.options.timers.schedule(SILENCE_MS, () => this.silent.delete(destination));
    }
  }
}

function takeTurn(sender: FiguresSender): void {
  sender.turn();
}
