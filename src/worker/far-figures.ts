/**
 * The caller's side of figures that far ends return: checks each report against the calls that were answered, takes the first
 * of each and turns it into a row. What is forged, of another run, or a second time, changes nothing.
 */
import { runIdOf } from '../call/call-token.js';
import { parseFigures } from './figures-report.js';
import type { CodecImpairment } from '../quality/codec-impairment.js';
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import { mouthToEarMs } from '../quality/mouth-to-ear.js';
import { score } from '../quality/score.js';
import { LEG } from './messages.js';
import { Rows } from './rows.js';

/** Answered calls whose report may still come; beyond, the oldest are given up: a far end that is not ours never reports. */
const MAX_AWAITED = 100_000;
/** How our answerer names itself, perhaps with a version behind a slash. */
const OUR_NAME = /^callgauge(?:\/|$)/i;

/** What calls are scored with whose codec our answerer only sends back: it knows its packets and not what they cost. */
export interface ReplayedScore {
  readonly impairment: CodecImpairment;
  readonly ptimeMs: number;
}

export class FarFigures {
  readonly counts = { passed: 0, refused: 0 };
  private readonly rows = new Rows(LEG.columns, 16);
  private readonly runId: number;
  /** Endpoint by call, oldest first. */
  private readonly awaited = new Map<number, number>();
  private readonly ours = new Set<number>();

  /** @param isOfRun whether a call number is one that this worker has placed */
  constructor(
    runToken: string,
    private readonly isOfRun: (call: number) => boolean,
    private readonly replayed: ReplayedScore | null = null,
  ) {
    this.runId = runIdOf(runToken);
  }

  /** Endpoints whose answers have said that they are our own answerer. */
  get ourAnswerers(): readonly number[] {
    return [...this.ours];
  }

  get waiting(): number {
    return this.rows.count;
  }

  /** A call was answered. @param agent what the far side calls itself; null: nothing */
  await(call: number, endpoint: number, agent: string | null): void {
    if (agent !== null && OUR_NAME.test(agent)) {
      this.ours.add(endpoint);
    }
    this.awaited.set(call, endpoint);
    if (this.awaited.size > MAX_AWAITED) {
      const [oldest] = this.awaited.keys();
      this.awaited.delete(oldest ?? call);
    }
  }

  /** Takes the body of a PUBLISH; gives the status of its answer. A report that came before is thanked for and ignored. */
  take(body: string): number {
    const report = parseFigures(body);
    const isOurs = report !== null && report.token.runId === this.runId && this.isOfRun(report.token.call);
    if (!isOurs) {
      this.counts.refused++;
      return report === null ? 400 : 404;
    }
    const { call } = report.token;
    const endpoint = this.awaited.get(call);
    if (endpoint !== undefined) {
      this.awaited.delete(call);
      report.row[LEG.endpoint] = endpoint;
      if (this.replayed !== null && Number.isNaN(report.row[LEG.codec])) {
        scoreRow(report.row, this.replayed);
      }
      const { table, offset } = this.rows.next();
      table.set(report.row, offset);
      this.counts.passed++;
    }
    return 200;
  }

  takeRows(): Float64Array {
    return this.rows.take();
  }
}

function scoreRow(row: Float64Array, { impairment, ptimeMs }: ReplayedScore): void {
  const at = (column: number): number => row[column] ?? Number.NaN;
  const oneWayDelayMs = mouthToEarMs({
    rttMs: at(LEG.rttMs),
    jitterBufferMs: JITTER_BUFFER_MS,
    ptimeMs,
    codec: impairment,
  });
  const badRatio = at(LEG.expected) > 0 ? (at(LEG.lost) + at(LEG.discarded)) / at(LEG.expected) : Number.NaN;
  const scored = score(impairment, { badRatio, burstR: at(LEG.burstR), oneWayDelayMs });
  row[LEG.rFactor] = scored.rFactor;
  row[LEG.mosLq] = scored.mosLq;
  row[LEG.mosCq] = scored.mosCq;
  row[LEG.mouthToEarMs] = oneWayDelayMs;
}
