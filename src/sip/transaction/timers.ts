/** What the machines need of time: an injected scheduler, and the intervals of RFC 3261 §17, table 4. */

declare const timerHandleBrand: unique symbol;
/** Opaque; only good for `cancel`. */
export type TimerHandle = object & { readonly [timerHandleBrand]?: true };

export interface Timers {
  /** Calls `fire` once, `delayMs` (≥ 0) from now. With a target no closure is needed per timer. */
  schedule(delayMs: number, fire: () => void): TimerHandle;
  schedule<T>(delayMs: number, fire: (target: T) => void, target: T): TimerHandle;
  /** Nothing happens when it has fired or been cancelled already. */
  cancel(handle: TimerHandle): void;
}

/** Base intervals in ms: round trip estimate, cap of non-INVITE retransmissions, longest life of a message in the network. */
export interface Intervals {
  readonly t1Ms: number;
  readonly t2Ms: number;
  readonly t4Ms: number;
}

export const DEFAULT_INTERVALS: Intervals = { t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 };

/** 64·T1: timers B, F, H, J, L and M. Timer D is at least this long and at least 32 s. */
export const transactionTimeoutMs = (intervals: Intervals): number => 64 * intervals.t1Ms;

/** Timer D for an unreliable transport (§17.1.1.2: at least 32 s). */
export const timerDMs = (intervals: Intervals): number => Math.max(32_000, transactionTimeoutMs(intervals));

/** Server side: 100 Trying goes out by itself when the user has said nothing for this long (§17.2.1). */
export const TRYING_AFTER_MS = 200;
