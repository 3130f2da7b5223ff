/**
 * The seconds of each live call, kept until it is known whether it is among the worst. A strip has at most 120 points: when a
 * call outlasts them two seconds become one point, then four, so that a call of hours costs as much as one of two minutes:
 * 3,840 bytes a direction, 23 MB for 3,000 calls in both. One lookup and eight stores a row.
 */
import { DIRECTION, ROW, SPOILED } from '../worker/messages.js';

export const STRIP_POINTS = 120;
/** Directions of live calls that are kept, 77 MB at most; the calls beyond have no strip. */
const MAX_STRIPS = 20_000;
const FIRST_POINTS = 15;

const POINT = {
  rows: 0,
  expected: 1,
  lost: 2,
  discarded: 3,
  mosLq: 4,
  jitterMs: 5,
  rttMs: 6,
  spoiled: 7,
  columns: 8,
} as const;

/** How a column of two points becomes one. */
const SUM = 0;
const LOWEST = 1;
const HIGHEST = 2;
/** By the columns of POINT. */
const COMBINE = [SUM, SUM, SUM, SUM, LOWEST, HIGHEST, HIGHEST, HIGHEST];

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
  /** A value of SPOILED: what this host's own drops took from one of its seconds at least. */
  readonly spoiled: number;
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
    const since = (rows[offset + ROW.second] ?? 0) - this.firstSecond;
    while (since >= this.binSeconds * STRIP_POINTS) {
      this.halve();
    }
    const index = Math.max(0, Math.floor(since / this.binSeconds));
    this.openTo(index);
    const start = index * POINT.columns;
    const { table } = this;
    table[start] = (table[start] ?? 0) + 1;
    this.merge(start + POINT.expected, rows[offset + ROW.expected] ?? Number.NaN, SUM);
    this.merge(start + POINT.lost, rows[offset + ROW.lost] ?? Number.NaN, SUM);
    this.merge(start + POINT.discarded, rows[offset + ROW.discarded] ?? Number.NaN, SUM);
    this.merge(start + POINT.mosLq, rows[offset + ROW.mosLq] ?? Number.NaN, LOWEST);
    this.merge(start + POINT.jitterMs, rows[offset + ROW.jitterMs] ?? Number.NaN, HIGHEST);
    this.merge(start + POINT.rttMs, rows[offset + ROW.rttMs] ?? Number.NaN, HIGHEST);
    this.merge(start + POINT.spoiled, rows[offset + ROW.spoiled] ?? Number.NaN, HIGHEST);
  }

  /** In order; seconds of which nothing is known are left out. */
  list(): StripPoint[] {
    const list: StripPoint[] = [];
    for (let index = 0; index < this.points; index++) {
      const start = index * POINT.columns;
      const at = (column: number): number => this.table[start + column] ?? Number.NaN;
      if (at(POINT.rows) > 0) {
        list.push({
          second: this.firstSecond + index * this.binSeconds,
          expected: at(POINT.expected),
          lost: at(POINT.lost),
          discarded: at(POINT.discarded),
          mosLq: at(POINT.mosLq),
          jitterMs: at(POINT.jitterMs),
          rttMs: at(POINT.rttMs),
          spoiled: at(POINT.spoiled) || SPOILED.nothing,
        });
      }
    }
    return list;
  }

  /** Two points become one, in place: the calls of a steady load all come to it in the same second. */
  private halve(): void {
    const { table, points } = this;
    for (let index = 0; index < points; index++) {
      const from = index * POINT.columns;
      const to = (index >> 1) * POINT.columns;
      if (index % 2 === 0) {
        table.copyWithin(to, from, from + POINT.columns);
        continue;
      }
      for (let column = 0; column < POINT.columns; column++) {
        this.merge(to + column, table[from + column] ?? Number.NaN, COMBINE[column] ?? SUM);
      }
    }
    this.points = (points + 1) >> 1;
    this.binSeconds *= 2;
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

  private merge(place: number, added: number, how: number): void {
    const before = this.table[place] ?? Number.NaN;
    if (Number.isNaN(before)) {
      this.table[place] = added;
    } else if (!Number.isNaN(added)) {
      this.table[place] =
        how === SUM ? before + added : how === LOWEST ? Math.min(before, added) : Math.max(before, added);
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
