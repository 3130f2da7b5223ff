/**
 * The seconds of each live call, kept until it is known whether it is among the worst. A strip has at most 120 points: when a
 * call outlasts them two seconds become one point, then four, so that a call of hours costs as much as one of two minutes:
 * 3,360 bytes a direction, 20 MB for 3,000 calls in both. One lookup and seven stores a row.
 */
import { DIRECTION, ROW } from '../worker/messages.js';

export const STRIP_POINTS = 120;
/** Directions of live calls that are kept, 67 MB at most; the calls beyond have no strip. */
const MAX_STRIPS = 20_000;
const FIRST_POINTS = 15;

const POINT = { rows: 0, expected: 1, lost: 2, discarded: 3, mosLq: 4, jitterMs: 5, rttMs: 6, columns: 7 } as const;

/** What is known of one point; unknown is NaN. */
export interface StripPoint {
  /** The first of the seconds that the point stands for. */
  readonly second: number;
  readonly expected: number;
  readonly lost: number;
  readonly discarded: number;
  /** The lowest of its seconds. */
  readonly mosLq: number;
  /** The highest of its seconds. */
  readonly jitterMs: number;
  readonly rttMs: number;
}

/** Both directions of a call; null where no second is known. */
export interface CallStrips {
  readonly received: Strip | null;
  readonly sent: Strip | null;
}

export class Strip {
  binSeconds = 1;
  private table = new Float32Array(FIRST_POINTS * POINT.columns);
  private points = 0;

  /** @param codec index in the codec table, as rows have it */
  constructor(
    private readonly firstSecond: number,
    readonly codec: number,
  ) {}

  add(rows: Float64Array, offset: number): void {
    const at = (column: number): number => rows[offset + column] ?? Number.NaN;
    const since = at(ROW.second) - this.firstSecond;
    while (since >= this.binSeconds * STRIP_POINTS) {
      this.halve();
    }
    const index = Math.max(0, Math.floor(since / this.binSeconds));
    this.openTo(index);
    this.merge(index, [
      1,
      at(ROW.expected),
      at(ROW.lost),
      at(ROW.discarded),
      at(ROW.mosLq),
      at(ROW.jitterMs),
      at(ROW.rttMs),
    ]);
  }

  /** In order; seconds of which nothing is known are left out. */
  list(): StripPoint[] {
    const list: StripPoint[] = [];
    for (let index = 0; index < this.points; index++) {
      const [rows = 0, expected, lost, discarded, mosLq, jitterMs, rttMs] = this.pointAt(index);
      if (rows > 0) {
        list.push({
          second: this.firstSecond + index * this.binSeconds,
          expected: expected ?? Number.NaN,
          lost: lost ?? Number.NaN,
          discarded: discarded ?? Number.NaN,
          mosLq: mosLq ?? Number.NaN,
          jitterMs: jitterMs ?? Number.NaN,
          rttMs: rttMs ?? Number.NaN,
        });
      }
    }
    return list;
  }

  /** Two points become one. */
  private halve(): void {
    const { points } = this;
    const values = Array.from({ length: points }, (_, index) => this.pointAt(index));
    this.points = 0;
    this.binSeconds *= 2;
    for (const [index, value] of values.entries()) {
      this.openTo(index >> 1);
      if ((value[POINT.rows] ?? 0) > 0) {
        this.merge(index >> 1, value);
      }
    }
  }

  private pointAt(index: number): number[] {
    return [...this.table.subarray(index * POINT.columns, (index + 1) * POINT.columns)];
  }

  private openTo(index: number): void {
    if ((index + 1) * POINT.columns > this.table.length) {
      const points = Math.min(STRIP_POINTS, Math.max(index + 1, (this.table.length / POINT.columns) * 2));
      const larger = new Float32Array(points * POINT.columns);
      larger.set(this.table);
      this.table = larger;
    }
    while (this.points <= index) {
      this.table.fill(Number.NaN, this.points * POINT.columns, (this.points + 1) * POINT.columns);
      this.table[this.points * POINT.columns] = 0;
      this.points++;
    }
  }

  private merge(index: number, value: readonly number[]): void {
    const { table } = this;
    const start = index * POINT.columns;
    for (let column = 0; column < POINT.columns; column++) {
      const before = table[start + column] ?? Number.NaN;
      const added = value[column] ?? Number.NaN;
      table[start + column] = Number.isNaN(before)
        ? added
        : Number.isNaN(added)
          ? before
          : combine(column, before, added);
    }
  }
}

export class CallStripsBook {
  /** By call × 2 + direction. */
  private readonly strips = new Map<number, Strip>();

  get size(): number {
    return this.strips.size;
  }

  addRow(rows: Float64Array, offset: number): void {
    const key = keyOf(rows[offset + ROW.call] ?? 0, rows[offset + ROW.direction] ?? 0);
    let strip = this.strips.get(key);
    if (strip === undefined) {
      if (this.strips.size >= MAX_STRIPS) {
        return;
      }
      strip = new Strip(rows[offset + ROW.second] ?? 0, rows[offset + ROW.codec] ?? Number.NaN);
      this.strips.set(key, strip);
    }
    strip.add(rows, offset);
  }

  /** The call has been told of: its strips are the caller's, or nobody's. */
  take(call: number): CallStrips {
    return { received: this.takeOne(call, DIRECTION.received), sent: this.takeOne(call, DIRECTION.sent) };
  }

  private takeOne(call: number, direction: number): Strip | null {
    const key = keyOf(call, direction);
    const strip = this.strips.get(key) ?? null;
    this.strips.delete(key);
    return strip;
  }
}

function keyOf(call: number, direction: number): number {
  return call * 2 + (direction === DIRECTION.sent ? 1 : 0);
}

function combine(column: number, before: number, added: number): number {
  if (column === POINT.mosLq) {
    return Math.min(before, added);
  }
  return column === POINT.jitterMs || column === POINT.rttMs ? Math.max(before, added) : before + added;
}
