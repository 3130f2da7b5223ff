/** How long a run that has measured everything itself still waits for the figures that far ends of ours return. */

/** Far ends close their legs up to a second after us; this long after the last report no more is waited for. */
const QUIET_MS = 1500;
/** However many still come. */
const LONGEST_MS = 6000;

export class FarLegsWait {
  private sinceMs: number | null = null;
  private lastReportMs = Number.NEGATIVE_INFINITY;

  /** Reports have come. @param nowMs of the run */
  note(nowMs: number): void {
    this.lastReportMs = nowMs;
  }

  /** Whether it has been waited long enough; the first question starts the wait. @param outstanding reports that are expected */
  isOver(nowMs: number, outstanding: number): boolean {
    if (outstanding <= 0) {
      return true;
    }
    this.sinceMs ??= nowMs;
    const quietMs = nowMs - Math.max(this.sinceMs, this.lastReportMs);
    return quietMs > QUIET_MS || nowMs - this.sinceMs > LONGEST_MS;
  }
}
