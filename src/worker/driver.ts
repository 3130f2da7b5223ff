/** What a signalling worker runs: the caller's or the answerer's side of the calls. */
import type { CallRecord } from '../call/outcome.js';
import type { FigureCounts, KeyCounts } from './messages.js';

/** Totals since the start. */
export interface DriverCounts {
  started: number;
  intended: number;
  answered: number;
  failed: number;
  /** Answered calls now, and the most there were at once. */
  active: number;
  peakActive: number;
}

export interface Driver {
  readonly counts: DriverCounts;
  readonly liveCalls: number;
  /** Nothing more will start and nothing is live. */
  readonly finished: boolean;
  /** When there is something to do next, ms since the start of the run; null: only the network knows. */
  readonly nextMs: number | null;
  run(elapsedMs: number): void;
  /** Starts nothing new and ends what is live. */
  drain(cause: string): void;
  /** Gives up what is still live, without another word to the far side. */
  abandon(cause: string): void;
  /** Calls that ended since the last time. */
  takeRecords(): CallRecord[];
  /** Reports of received figures so far. */
  readonly figures: FigureCounts;
  /** Reports of ours that are on their way. */
  readonly pendingReports: number;
  /** Rows of figures that far ends have returned, waiting to be taken. */
  readonly waitingFarLegs: number;
  /** Those rows, by LEG. */
  takeFarLegs(): Float64Array;
  /** Keys that callers have pressed; absent: nobody calls it. */
  readonly keys?: KeyCounts;
  /** Transfers that callers have asked for in vain; absent: nobody calls it. */
  readonly declinedTransfers?: number;
  /** Endpoints whose answers have said that they are our own answerer. */
  readonly ourAnswerers: readonly number[];
}
