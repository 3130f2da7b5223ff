/** Odd streams of a run, counted: how many legs had each finding, and the call that had most of it. */
import { LEG } from '../worker/messages.js';
import { FINDINGS, findingText, legFindings, type Finding } from './leg-findings.js';
import type { ResultFinding } from './result-quality.js';

interface Entry {
  legs: number;
  example: number;
  worst: number | null;
}

export class FindingsBook {
  private readonly entries = new Map<Finding, Entry>();

  /** @param table a row of the received direction at `offset` */
  addLeg(table: Float64Array, offset: number): void {
    const call = table[offset + LEG.call] ?? 0;
    for (const { finding, value } of legFindings(table, offset)) {
      const entry = this.entries.get(finding);
      if (entry === undefined) {
        this.entries.set(finding, { legs: 1, example: call, worst: value });
        continue;
      }
      entry.legs++;
      if (isMore({ value, call }, entry)) {
        entry.example = call;
        entry.worst = value;
      }
    }
  }

  /** In the order of FINDINGS, only those that some leg had. */
  list(): ResultFinding[] {
    return FINDINGS.flatMap((finding) => {
      const entry = this.entries.get(finding);
      if (entry === undefined) return [];
      const { legs, example, worst } = entry;
      return [{ finding, legs, example, text: findingText(finding, worst) }];
    });
  }
}

/** More of it, or as much on a call that began earlier: the example is the same in whatever order the legs come. */
function isMore({ value, call }: { value: number | null; call: number }, { worst, example }: Entry): boolean {
  const size = Math.abs(value ?? 0);
  const most = Math.abs(worst ?? 0);
  return size > most || (size === most && call < example);
}
