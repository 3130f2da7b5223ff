/**
 * Call-seconds in which this host dropped datagrams of the call: their loss, discards, jitter and scores say nothing of the
 * far side, and stand in no figure of seconds. The scores of the seconds after it are left out while their window holds it.
 */
import { ROW, SPOILED } from '../worker/messages.js';

const SCORES = [ROW.rFactor, ROW.mosLq, ROW.mosLqNoPlc, ROW.mosCq];
const ALL = [
  ...SCORES,
  ROW.expected,
  ROW.received,
  ROW.lost,
  ROW.discarded,
  ROW.duplicate,
  ROW.reordered,
  ROW.jitterMs,
];

export interface RowPlace {
  readonly table: Float64Array;
  readonly offset: number;
}

export class SpoiledSeconds {
  /** Rows of which nothing but the round trip counts, and those that lack their scores only. */
  all = 0;
  scores = 0;

  /** The row as it counts: itself, or a copy in which what is spoiled is unknown. */
  judged(table: Float64Array, offset: number): RowPlace {
    const spoiled = table[offset + ROW.spoiled];
    if (spoiled !== SPOILED.all && spoiled !== SPOILED.scores) {
      return { table, offset };
    }
    this[spoiled === SPOILED.all ? 'all' : 'scores']++;
    const row = table.slice(offset, offset + ROW.columns);
    for (const column of spoiled === SPOILED.all ? ALL : SCORES) {
      row[column] = Number.NaN;
    }
    return { table: row, offset: 0 };
  }
}
