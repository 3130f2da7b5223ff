/** Keeps the worst calls for the report, by what they heard and by what the far end heard of them. */
import { LEG, type CallRecord } from '../worker/messages.js';
import type { CallStrips } from './call-strips.js';
import { impairmentOf } from './codec-scale.js';
import type { JoinedLegs } from './leg-join.js';

export interface WorstLeg {
  readonly record: CallRecord;
  readonly legs: JoinedLegs;
  readonly strips: CallStrips;
}

const KEPT = 10;
const NO_STRIPS: CallStrips = { received: null, sent: null };

export class WorstLegs {
  private readonly worst: WorstLeg[] = [];

  /** Worst first: no answer, then the lowest score, then the highest jitter; the same in whatever order they came. */
  get list(): readonly WorstLeg[] {
    return this.worst;
  }

  add(record: CallRecord, legs: JoinedLegs, strips: CallStrips = NO_STRIPS): void {
    const saysNothing = record.succeeded || record.outcome === 'cut';
    if (record.outcome === 'notStarted' || (saysNothing && legs.received === null)) {
      return;
    }
    this.worst.push({ record, legs, strips });
    this.worst.sort((a, b) => badness(b) - badness(a) || a.record.call - b.record.call);
    this.worst.length = Math.min(this.worst.length, KEPT);
  }
}

/** Higher is worse: 100 for a call without audio, else what the worse direction lacks of a faultless leg of its codec. */
function badness({ record, legs }: WorstLeg): number {
  if (legs.received === null) {
    return 100;
  }
  const sent = legs.sent === null ? 0 : shortfall(legs.sent);
  return (record.succeeded || record.outcome === 'cut' ? 0 : 5) + Math.max(shortfall(legs.received), sent);
}

/** The jitter tells clean ones apart. */
function shortfall(leg: Float64Array): number {
  const rFactor = leg[LEG.rFactor] ?? Number.NaN;
  const jitterMs = leg[LEG.jitterMs] ?? Number.NaN;
  return (
    (Number.isNaN(rFactor) ? 0 : impairmentOf(leg[LEG.codec] ?? 0, rFactor)) +
    (Number.isNaN(jitterMs) ? 0 : jitterMs / 1000)
  );
}
