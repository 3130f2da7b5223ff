/**
 * Which calls have begun and left no record so far, from the threads' counters alone: worker w of W places the calls w, w + W,
 * w + 2W … in turn. What is still open when a thread or the whole process dies is what was lost with it.
 */

export class OpenCalls {
  private readonly open = new Set<number>();
  /** Ended before the counter that tells of their beginning was heard. */
  private readonly endedBefore = new Set<number>();
  /** Calls that each worker has begun. */
  private readonly begun = new Map<number, number>();

  constructor(private readonly workers: number) {}

  /** @param intended starts of that worker so far, in all */
  noteBegun(worker: number, intended: number): void {
    for (let nth = this.begun.get(worker) ?? 0; nth < intended; nth++) {
      const call = worker + nth * this.workers;
      if (!this.endedBefore.delete(call)) {
        this.open.add(call);
      }
    }
    this.begun.set(worker, Math.max(intended, this.begun.get(worker) ?? 0));
  }

  noteEnded(call: number): void {
    if (!this.open.delete(call)) {
      this.endedBefore.add(call);
    }
  }

  /** Call numbers, lowest first; of one worker where it is named. */
  list(worker?: number): number[] {
    const all = [...this.open].toSorted((a, b) => a - b);
    return worker === undefined ? all : all.filter((call) => call % this.workers === worker);
  }
}
