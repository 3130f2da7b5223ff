/**
 * The caller's side of figures that far ends return: checks each report against the calls that were answered, takes the first
 * of each and turns it into a row. What is forged, of another run, or a second time, changes nothing.
 */
import { runIdOf } from '../call/call-token.js';
import { parseFigures } from './figures-report.js';
import { LEG } from './messages.js';
import { Rows } from './rows.js';

/** Answered calls whose report may still come; beyond, the oldest are given up: a far end that is not ours never reports. */
const MAX_AWAITED = 100_000;
/** How our answerer names itself, perhaps with a version behind a slash. */
const OUR_NAME = /^callgauge(?:\/|$)/i;

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
