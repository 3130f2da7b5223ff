/** How much of all cores this process used, second by second: for the result, and for the rows that a rebuild reads. */
import { monotonicNs, NS_PER_SECOND } from '../lib/clock.js';
import type { GeneratorSeconds } from '../run/generator-seconds.js';
import type { CpuLine } from '../run/progress-lines.js';
import type { ProcessHost } from './host.js';

export class CpuShare {
  private beforeSeconds = 0;
  private beforeNs = 0;
  private lines: CpuLine[] = [];

  constructor(
    private readonly host: Pick<ProcessHost, 'cpuSeconds'>,
    private readonly cores: number,
    private readonly now: () => number = monotonicNs,
  ) {}

  begin(): void {
    this.beforeSeconds = this.host.cpuSeconds;
    this.beforeNs = this.now();
  }

  /** The time since the last call was about this second. */
  note(second: number, into: Pick<GeneratorSeconds, 'addCpu'>): void {
    const { beforeSeconds, beforeNs } = this;
    this.begin();
    const windowSeconds = ((this.beforeNs - beforeNs) / NS_PER_SECOND) * this.cores;
    const ratio = (this.beforeSeconds - beforeSeconds) / windowSeconds;
    if (second >= 0 && Number.isFinite(ratio)) {
      into.addCpu(second, ratio);
      this.lines.push([second, ratio]);
    }
  }

  /** What was noted since the last call. */
  take(): CpuLine[] {
    const { lines } = this;
    this.lines = [];
    return lines;
  }
}
