/**
 * `evidence/`: one text file for each failed call, up to the bounds of the run, and for each of the worst. Those of failed
 * calls are written with the rows, every ten seconds; which calls are the worst is known at the end.
 */
import { join } from 'node:path';
import { renderEvidence, type EvidenceRun } from '../report/evidence.js';
import type { EvidenceBook } from '../run/evidence-book.js';
import type { WorstCall } from '../run/result-evidence.js';
import { callBlock, evidencePath, type CallBlockPlan } from '../run/worst-call-block.js';
import type { ProcessHost } from './host.js';

const OWN_FILE = /^call-\d+\.(?:txt|pcapng|wav)$/;

/** What an earlier run left in this folder is no evidence of a later one. @throws Error when the disk refuses */
export function removeEvidence(host: Pick<ProcessHost, 'fileNames' | 'removeFiles'>, directory: string): void {
  const folder = join(directory, 'evidence');
  const own = host.fileNames(folder).filter((name) => OWN_FILE.test(name));
  host.removeFiles(own.map((name) => join(folder, name)));
}

export class EvidenceFiles {
  private readonly written = new Set<number>();
  private worst: readonly WorstCall[] = [];
  /** Failed calls whose files the disk has not taken so far. */
  private waiting: WorstCall[] = [];
  private hasFolder = false;

  constructor(
    private readonly host: Pick<ProcessHost, 'makeDirectory' | 'writeFile'>,
    private readonly directory: string,
    private readonly plan: CallBlockPlan & { readonly run: EvidenceRun },
  ) {}

  /** The worst calls as they stand in the result: their files are written with the rest. */
  addWorst(calls: readonly WorstCall[]): void {
    this.worst = calls;
  }

  /** Writes what is new. @throws the error of a disk that refuses; what is not written is tried again the next time */
  flush(book: EvidenceBook): void {
    this.waiting.push(...book.takeFresh().map((call) => callBlock(call, this.plan)));
    for (let call = this.waiting[0]; call !== undefined; call = this.waiting[0]) {
      this.write(call);
      this.waiting.shift();
    }
    for (const call of this.worst) {
      this.write(call);
    }
  }

  private write(call: WorstCall): void {
    if (this.written.has(call.call)) {
      return;
    }
    if (!this.hasFolder) {
      this.host.makeDirectory(join(this.directory, 'evidence'));
      this.hasFolder = true;
    }
    this.host.writeFile(join(this.directory, evidencePath(call.call)), renderEvidence(call, this.plan.run));
    this.written.add(call.call);
  }
}
