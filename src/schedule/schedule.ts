/**
 * The pacer: which call is due when, as a pure function of elapsed time (open model: nothing that happens to a call
 * moves the next one). Call n is due when the integral of the rate passes n, so call 0 is due at the start.
 */
import {
  callsInside,
  placeStages,
  rateInside,
  snap,
  timeInside,
  type Piece,
  type ScheduleStage,
} from './rate-curve.js';

export interface ScheduleLoad {
  /** Calls in all, or null: as many as the stages give. */
  readonly calls: number | null;
  readonly stages: readonly ScheduleStage[];
}

/** Times are ms since the start of the run, rates calls per second, call numbers count from 0. */
export interface Schedule {
  /** Calls that become due in all; null: no end. */
  readonly totalCalls: number | null;
  /** When no call can become due any more: the end of the stages, or the last call's start if `calls` ends it first. */
  readonly durationMs: number | null;
  /** The highest rate up to `durationMs`. */
  readonly peakRate: number;
  /** When call `n` is due; null when it never is. */
  intendedStartMs(n: number): number | null;
  /** How many calls are due at `elapsedMs`, the one due right now included. */
  dueBy(elapsedMs: number): number;
  /** The rate asked for; 0 before the start and after the end. */
  rateAt(elapsedMs: number): number;
  /** Index of the stage; the first before the start, the last after the end. */
  stageAt(elapsedMs: number): number;
  /** The most calls alive at once when each lives `lastingMs` (≥ 0, may be Infinity) from its start. */
  peakActive(lastingMs: number): number;
}

/** @throws RangeError when there is no stage or one that `placeStages` refuses. */
export function buildSchedule(load: ScheduleLoad): Schedule {
  if (load.stages.length === 0) throw new RangeError('expected at least one stage, got none');
  return new StagedSchedule(placeStages(load.stages), load.calls);
}

class StagedSchedule implements Schedule {
  readonly totalCalls: number | null;
  readonly durationMs: number | null;
  readonly peakRate: number;
  readonly #pieces: readonly Piece[];
  readonly #total: number;
  readonly #endMs: number;
  /** When the integral reaches the total: one interval after the last start, or the end of the stages. */
  readonly #fullMs: number;

  constructor(pieces: readonly Piece[], calls: number | null) {
    this.#pieces = pieces;
    const given = Math.ceil(pieces.at(-1)?.toCalls ?? 0);
    this.#total = Math.min(given, calls ?? Number.POSITIVE_INFINITY);
    this.totalCalls = finiteOrNull(this.#total);
    const stagesEndMs = pieces.at(-1)?.endMs ?? 0;
    const limited = this.#total < given;
    this.#endMs = limited ? (this.intendedStartMs(this.#total - 1) ?? 0) : stagesEndMs;
    this.#fullMs = limited ? this.#reaches(this.#total) : stagesEndMs;
    this.durationMs = finiteOrNull(this.#endMs);
    this.peakRate = this.#peakRate();
  }

  intendedStartMs(n: number): number | null {
    if (!Number.isInteger(n) || n < 0 || n >= this.#total) return null;
    // Strictly below `toCalls`: at equality the integral has reached n but not passed it, and a pause may follow.
    const piece = this.#pieces.find((piece) => n < piece.toCalls);
    return piece === undefined ? null : timeInside(piece, n);
  }

  dueBy(elapsedMs: number): number {
    if (!(elapsedMs >= 0)) return 0;
    let due = Math.min(this.#total, Math.floor(this.#integralAt(elapsedMs)));
    // The estimate is off by one at most; the starts decide, so that the two functions never disagree.
    while (due < this.#total && (this.intendedStartMs(due) ?? 0) <= elapsedMs) due++;
    while (due > 0 && (this.intendedStartMs(due - 1) ?? 0) > elapsedMs) due--;
    return due;
  }

  rateAt(elapsedMs: number): number {
    if (!(elapsedMs >= 0) || elapsedMs >= this.#endMs) return 0;
    const piece = this.#pieces[this.stageAt(elapsedMs)];
    return piece === undefined ? 0 : rateInside(piece, elapsedMs);
  }

  stageAt(elapsedMs: number): number {
    const index = this.#pieces.findIndex((piece) => elapsedMs < piece.endMs);
    return index === -1 ? this.#pieces.length - 1 : index;
  }

  /**
   * A(t) = integral, capped at the total; alive are A(t) − A(t − lasting). Between two breaks the difference has a
   * linear derivative, so its maximum lies at a break or where the two rates are equal.
   */
  peakActive(lastingMs: number): number {
    if (lastingMs === Number.POSITIVE_INFINITY) return this.#total;
    const edges = this.#pieces.flatMap((piece) => [piece.startMs, piece.endMs]);
    const breaks = [...edges, this.#fullMs].flatMap((time) => [time, time + lastingMs]).filter(Number.isFinite);
    const times = [...new Set(breaks)].toSorted((a, b) => a - b);
    const alive = (time: number): number => this.#startedAt(time) - this.#startedAt(time - lastingMs);
    const crossings = times.slice(1).map((end, i) => this.#crossing(times[i] ?? 0, end, lastingMs));
    const beyond = this.#fullMs === Number.POSITIVE_INFINITY ? [(times.at(-1) ?? 0) + lastingMs] : [];
    const most = Math.max(0, ...[...times, ...crossings, ...beyond].map(alive));
    return Math.min(this.#total, Math.max(this.#total > 0 ? 1 : 0, Math.ceil(snap(most))));
  }

  /** Where rate(t) = rate(t − lasting) between two breaks, or the start of the interval when it is nowhere inside. */
  #crossing(fromMs: number, toMs: number, lastingMs: number): number {
    const inset = (toMs - fromMs) * 1e-6;
    const difference = (time: number): number => this.#rateUntilFull(time) - this.#rateUntilFull(time - lastingMs);
    const [first, last] = [difference(fromMs + inset), difference(toMs - inset)];
    return first * last < 0 ? fromMs + ((toMs - fromMs) * first) / (first - last) : fromMs;
  }

  #startedAt(elapsedMs: number): number {
    return elapsedMs <= 0 ? 0 : Math.min(this.#total, this.#integralAt(elapsedMs));
  }

  #integralAt(elapsedMs: number): number {
    const piece = this.#pieces.find((piece) => elapsedMs < piece.endMs);
    return piece === undefined ? (this.#pieces.at(-1)?.toCalls ?? 0) : callsInside(piece, elapsedMs);
  }

  #rateUntilFull(elapsedMs: number): number {
    const piece = this.#pieces.find((piece) => elapsedMs < piece.endMs);
    return elapsedMs < 0 || elapsedMs >= this.#fullMs || piece === undefined ? 0 : rateInside(piece, elapsedMs);
  }

  #reaches(calls: number): number {
    const piece = this.#pieces.find((piece) => calls <= piece.toCalls);
    return piece === undefined ? Number.POSITIVE_INFINITY : timeInside(piece, calls);
  }

  #peakRate(): number {
    const reached = this.#pieces.filter((piece) => piece.startMs <= this.#endMs);
    const rates = reached.map((piece) =>
      Math.max(piece.fromRate, piece.endMs <= this.#endMs ? piece.toRate : rateInside(piece, this.#endMs)),
    );
    return Math.max(0, ...rates);
  }
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
