/**
 * The rate over time as pieces in a row and its integral, the number of calls that are due. A ramp is linear in the
 * rate, so the integral is quadratic and its inverse is closed form; a hold is a ramp between equal rates.
 */

/** One stage: `ramp` goes linearly from the rate before it (0 at first) to `rate`, `hold` stays at `rate`. */
export interface ScheduleStage {
  readonly kind: 'ramp' | 'hold';
  /** Calls per second, ≥ 0. */
  readonly rate: number;
  /** ms, ≥ 0; null: without end, only on the last stage. */
  readonly durationMs: number | null;
}

/** A stage placed in time; rates in calls/s, times in ms since the start. */
export interface Piece {
  readonly startMs: number;
  /** Infinity for a stage without end. */
  readonly endMs: number;
  readonly fromRate: number;
  readonly toRate: number;
  /** Integral of the rate at the start and the end of the piece, in calls. */
  readonly fromCalls: number;
  readonly toCalls: number;
}

/** @throws RangeError on a negative or NaN rate or duration, or a stage without end that is not a last hold. */
export function placeStages(stages: readonly ScheduleStage[]): Piece[] {
  const pieces: Piece[] = [];
  let [startMs, rate, calls] = [0, 0, 0];
  for (const [index, stage] of stages.entries()) {
    assertStage(stage, index === stages.length - 1);
    const fromRate = stage.kind === 'ramp' ? rate : stage.rate;
    const lengthMs = stage.durationMs ?? Number.POSITIVE_INFINITY;
    const area = stage.rate === 0 && fromRate === 0 ? 0 : ((fromRate + stage.rate) * lengthMs) / 2000;
    const piece = { startMs, endMs: startMs + lengthMs, fromRate, toRate: stage.rate, fromCalls: calls };
    calls = snap(calls + area);
    pieces.push({ ...piece, toCalls: calls });
    startMs = piece.endMs;
    rate = stage.rate;
  }
  return pieces;
}

/** Calls per second at `elapsedMs`, which lies in the piece. */
export function rateInside(piece: Piece, elapsedMs: number): number {
  if (piece.fromRate === piece.toRate) return piece.toRate;
  const share = (elapsedMs - piece.startMs) / (piece.endMs - piece.startMs);
  return piece.fromRate + (piece.toRate - piece.fromRate) * share;
}

/** Integral of the rate from the start of the run to `elapsedMs`, which lies in the piece. */
export function callsInside(piece: Piece, elapsedMs: number): number {
  const rate = (piece.fromRate + rateInside(piece, elapsedMs)) / 2;
  return Math.min(piece.toCalls, piece.fromCalls + (rate * (elapsedMs - piece.startMs)) / 1000);
}

/**
 * When the integral reaches `calls`, which lies in the piece, in ms. With a = (r1 − r0)/T the need is
 * r0·t + a·t²/2; the root is written as 2·need / (r0 + √(r0² + 2·a·need)), which does not cancel for a → 0.
 */
export function timeInside(piece: Piece, calls: number): number {
  const need = calls - piece.fromCalls;
  if (need <= 0) return piece.startMs;
  const slope = piece.fromRate === piece.toRate ? 0 : slopeOf(piece);
  const root = Math.sqrt(Math.max(0, piece.fromRate ** 2 + 2 * slope * need));
  return Math.min(piece.endMs, piece.startMs + (2000 * need) / (piece.fromRate + root));
}

/** calls/s per second. */
function slopeOf(piece: Piece): number {
  return ((piece.toRate - piece.fromRate) * 1000) / (piece.endMs - piece.startMs);
}

/** 10/s for 10 s must be 100 calls and not 100.00000000000001: what is an integer but for rounding becomes one. */
export function snap(calls: number): number {
  const nearest = Math.round(calls);
  return Math.abs(calls - nearest) <= 1e-9 * Math.max(1, nearest) ? nearest : calls;
}

function assertStage(stage: ScheduleStage, last: boolean): void {
  const { kind, rate, durationMs } = stage;
  if (!(rate >= 0 && Number.isFinite(rate))) throw new RangeError(`expected a rate of 0/s or more, got ${rate}`);
  if (durationMs === null) {
    if (!last || kind === 'ramp') throw new RangeError('expected a duration: only a last hold stage may have none');
  } else if (!(durationMs >= 0 && Number.isFinite(durationMs))) {
    throw new RangeError(`expected a duration of 0 ms or more, got ${durationMs}`);
  }
}
