/** Joins each ended call with its leg's totals, and keeps the worst of them for the report. Bounded for any length of run. */
import { LEG, type CallRecord } from '../worker/messages.js';

export interface WorstLeg {
  readonly record: CallRecord;
  /** The leg's totals, by the columns of LEG; null when it had no media. */
  readonly leg: Float64Array | null;
}

const KEPT = 10;
/** Calls and legs that wait for their other half; a leg's totals follow its call within seconds. */
const WAITING_LIMIT = 100_000;

export class WorstLegs {
  private readonly calls = new Map<number, CallRecord>();
  private readonly legs = new Map<number, Float64Array>();
  private readonly worst: WorstLeg[] = [];
  /** Told of each call when both halves are known. */
  onJoined: (record: CallRecord, leg: Float64Array | null) => void = () => {};

  addCall(record: CallRecord): void {
    if (!record.hasMedia) {
      this.join(record, null);
      return;
    }
    const leg = this.legs.get(record.call);
    if (leg !== undefined) {
      this.legs.delete(record.call);
      this.join(record, leg);
    } else if (this.calls.size < WAITING_LIMIT) {
      this.calls.set(record.call, record);
    } else {
      this.join(record, null);
    }
  }

  addLeg(table: Float64Array, offset: number): void {
    const call = table[offset + LEG.call] ?? -1;
    const leg = table.slice(offset, offset + LEG.columns);
    const record = this.calls.get(call);
    if (record !== undefined) {
      this.calls.delete(call);
      this.join(record, leg);
    } else if (this.legs.size < WAITING_LIMIT) {
      this.legs.set(call, leg);
    }
  }

  /** Calls whose leg never reported (its media worker died): they are told of without it. */
  flush(): void {
    for (const record of this.calls.values()) {
      this.join(record, null);
    }
    this.calls.clear();
  }

  /** Worst first: no answer, then the lowest score, then the highest jitter; the same in whatever order they came. */
  get list(): readonly WorstLeg[] {
    return this.worst;
  }

  private join(record: CallRecord, leg: Float64Array | null): void {
    this.onJoined(record, leg);
    const saysNothing = record.succeeded || record.outcome === 'cut';
    if (record.outcome === 'notStarted' || (saysNothing && leg === null)) {
      return;
    }
    this.worst.push({ record, leg });
    this.worst.sort((a, b) => badness(b) - badness(a) || a.record.call - b.record.call);
    this.worst.length = Math.min(this.worst.length, KEPT);
  }
}

/** Higher is worse: 100 for a failed call, else what is missing to R 100, and the jitter to tell clean ones apart. */
function badness({ record, leg }: WorstLeg): number {
  if (leg === null) {
    return 100;
  }
  const rFactor = leg[LEG.rFactor] ?? Number.NaN;
  const jitterMs = leg[LEG.jitterMs] ?? Number.NaN;
  return (
    (record.succeeded || record.outcome === 'cut' ? 0 : 5) +
    (Number.isNaN(rFactor) ? 0 : 100 - rFactor) +
    (Number.isNaN(jitterMs) ? 0 : jitterMs / 1000)
  );
}
