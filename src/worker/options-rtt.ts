/**
 * The round trip of the signalling, by an OPTIONS to each endpoint at a fixed interval. Only answers to requests that were
 * sent once count: one to a request that was sent again may answer any of its copies (Karn's rule). What is not answered
 * within the interval is abandoned, so that a silent peer gets one request at a time.
 */
import type { CallTarget } from '../call/caller-call.js';
import { NS_PER_MS } from '../lib/clock.js';
import type { TimerHandle, Timers } from '../sip/transaction/timers.js';
import type { PendingRequest, UserAgent } from '../sip/ua/user-agent.js';

export interface OptionsRttOptions {
  readonly userAgent: UserAgent;
  readonly timers: Timers;
  readonly endpoints: readonly CallTarget[];
  readonly intervalMs: number;
  /** ns, monotonic. */
  now(): number;
}

export class OptionsRtt {
  /** Of each endpoint. */
  private readonly pending: (PendingRequest | null)[];
  private readonly timersOf: (TimerHandle | null)[];
  /** Pairs of (endpoint, ms). */
  private measured: number[] = [];

  constructor(private readonly options: OptionsRttOptions) {
    this.pending = options.endpoints.map(() => null);
    this.timersOf = options.endpoints.map(() => null);
  }

  /** The endpoints are asked one after another, spread over the interval. */
  start(): void {
    const { endpoints, intervalMs } = this.options;
    endpoints.forEach((target, endpoint) =>
      this.askAfter((endpoint * intervalMs) / endpoints.length, endpoint, target),
    );
  }

  /** Asks no more; an answer that is still to come counts for nothing. */
  stop(): void {
    this.pending.forEach((request) => request?.abandon());
    this.timersOf.forEach((timer) => timer !== null && this.options.timers.cancel(timer));
  }

  /** Pairs of (endpoint, ms) since the last time. */
  take(): Float64Array {
    const pairs = Float64Array.from(this.measured);
    this.measured = [];
    return pairs;
  }

  private askAfter(delayMs: number, endpoint: number, target: CallTarget): void {
    this.timersOf[endpoint] = this.options.timers.schedule(delayMs, () => this.ask(endpoint, target));
  }

  private ask(endpoint: number, target: CallTarget): void {
    const { options } = this;
    this.pending[endpoint]?.abandon();
    this.askAfter(options.intervalMs, endpoint, target);
    const sentNs = options.now();
    const { uri, nextHop, routes, agent = options.userAgent } = target;
    this.pending[endpoint] = agent.options(
      uri,
      ({ status, wasRetransmitted }) => {
        if (status !== null && !wasRetransmitted) {
          this.measured.push(endpoint, (options.now() - sentNs) / NS_PER_MS);
        }
      },
      nextHop,
      routes,
    );
  }
}
