/**
 * What shows why calls went badly: the failed ones, the first of each cause, and the SIP ladders of those and of the worst.
 * Ladders of failed calls come with their records; those of the worst are asked for, and at the end all that is left comes.
 */
import { causeKey, hasFailed, LADDERS_PER_CAUSE, LADDERS_PER_RUN } from '../worker/messages.js';
import type { CallLadder, CallRecord, LadderReport } from '../worker/messages.js';
import type { JoinedLegs } from './leg-join.js';
import type { CallStrips } from './call-strips.js';
import type { WorstLeg, WorstLegs } from './worst-legs.js';

/** A call with its SIP messages; null: none were kept. */
export interface EvidenceCall extends WorstLeg {
  readonly ladder: CallLadder | null;
}

/** The failed calls of one cause. */
export interface FailedCause {
  /** The first of them. */
  readonly record: CallRecord;
  count: number;
  /** Those with evidence, in the order in which they were known. */
  readonly kept: EvidenceCall[];
}

export class EvidenceBook {
  private readonly byCause = new Map<string, FailedCause>();
  /** By Call-ID: of failed calls, and of others as they were asked for. Null: asked for, not come. */
  private readonly failedLadders = new Map<string, CallLadder>();
  private readonly worstLadders = new Map<string, CallLadder | null>();
  /** Of the calls that ended last: the workers are gone by the time that it is known which of them are the worst. */
  private readonly lastLadders = new Map<string, CallLadder>();
  /** Of calls whose packets are captured: records, and ladders as those of the worst. */
  private readonly captured = new Map<number, CallRecord>();
  private readonly capturedLadders = new Map<string, CallLadder | null>();
  private fresh: EvidenceCall[] = [];
  private keptCount = 0;

  constructor(private readonly worst: WorstLegs) {}

  /** The most frequent first. */
  get causes(): readonly FailedCause[] {
    return [...this.byCause.values()].toSorted((a, b) => b.count - a.count);
  }

  addLadders({ why, ladders }: Pick<LadderReport, 'why' | 'ladders'>): void {
    for (const ladder of ladders) {
      if (why === 'failed') {
        this.failedLadders.set(ladder.callId, ladder);
      } else if (why === 'last') {
        this.lastLadders.set(ladder.callId, ladder);
      } else {
        for (const asked of [this.worstLadders, this.capturedLadders]) {
          if (asked.has(ladder.callId)) {
            asked.set(ladder.callId, ladder);
          }
        }
      }
    }
  }

  /** Packets of the call are captured: its messages belong to them. */
  noteCaptured(record: CallRecord): void {
    this.captured.set(record.call, record);
  }

  /** A call with all that is known of it. */
  addCall(record: CallRecord, legs: JoinedLegs, strips: CallStrips): void {
    if (!hasFailed(record)) {
      return;
    }
    const key = causeKey(record);
    const cause = this.byCause.get(key) ?? { record, count: 0, kept: [] };
    this.byCause.set(key, cause);
    cause.count++;
    const ladder = this.failedLadders.get(record.callId);
    if (ladder === undefined) {
      return; // the worker had its fill of this cause
    }
    if (cause.kept.length >= LADDERS_PER_CAUSE || this.keptCount >= LADDERS_PER_RUN) {
      this.failedLadders.delete(record.callId); // several workers, each of which had room
      return;
    }
    const call = { record, legs, strips, ladder };
    this.noteCaptured(record); // headers of its last packets may follow
    this.keptCount++;
    cause.kept.push(call);
    this.fresh.push(call);
  }

  /** Those of the worst and of the captured calls whose ladders have not been asked for: they are now. Lets go of those that are none any more. */
  wanted(): CallRecord[] {
    const worst = new Map(this.worst.list.map(({ record }) => [record.callId, record]));
    for (const callId of this.worstLadders.keys()) {
      if (!worst.has(callId)) {
        this.worstLadders.delete(callId);
      }
    }
    const wanted = [...worst.values()].filter(
      ({ callId }) => !this.worstLadders.has(callId) && !this.failedLadders.has(callId),
    );
    for (const { callId } of wanted) {
      this.worstLadders.set(callId, null);
    }
    const captured = [...this.captured.values()].filter(
      ({ callId }) => !this.capturedLadders.has(callId) && !this.failedLadders.has(callId),
    );
    for (const { callId } of captured) {
      this.capturedLadders.set(callId, this.worstLadders.get(callId) ?? null);
    }
    return [...wanted, ...captured.filter((record) => !worst.has(record.callId))];
  }

  ladderOf({ callId }: CallRecord): CallLadder | null {
    return (
      this.failedLadders.get(callId) ??
      this.worstLadders.get(callId) ??
      this.capturedLadders.get(callId) ??
      this.lastLadders.get(callId) ??
      null
    );
  }

  /** The record of a call with captured packets; null where none was kept. */
  recordOf(call: number): CallRecord | null {
    return this.captured.get(call) ?? null;
  }

  /** Failed calls that became known since the last time. */
  takeFresh(): EvidenceCall[] {
    const { fresh } = this;
    this.fresh = [];
    return fresh;
  }
}
