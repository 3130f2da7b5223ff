/** How much of all cores this process used, and all that runs on the host, second by second: for the result, and for the rows that a rebuild reads. */
import { monotonicNs, NS_PER_SECOND } from '../lib/clock.js';
import type { GeneratorSeconds } from '../run/generator-seconds.js';
import type { CpuLine } from '../run/progress-lines.js';
import type { HostCpu, ProcessHost } from './host.js';

export class CpuShare {
  private beforeSeconds = 0;
  private beforeNs = 0;
  private hostBefore: HostCpu | null = null;
  private lines: CpuLine[] = [];
  private hostLines: CpuLine[] = [];

  constructor(
    private readonly host: Pick<ProcessHost, 'cpuSeconds' | 'hostCpu'>,
    private readonly cores: number,
    private readonly now: () => number = monotonicNs,
  ) {}

  begin(): void {
    this.beforeSeconds = this.host.cpuSeconds;
    this.beforeNs = this.now();
    this.hostBefore = this.host.hostCpu;
  }

  /** The time since the last call was about this second. */
  note(second: number, into: Pick<GeneratorSeconds, 'addCpu' | 'addHostCpu'>): void {
    const { beforeSeconds, beforeNs, hostBefore } = this;
    this.begin();
    const windowSeconds = ((this.beforeNs - beforeNs) / NS_PER_SECOND) * this.cores;
    const ratio = (this.beforeSeconds - beforeSeconds) / windowSeconds;
    if (second >= 0 && Number.isFinite(ratio)) {
      into.addCpu(second, ratio);
      this.lines.push([second, ratio]);
    }
    const hostRatio = busyRatio(hostBefore, this.hostBefore);
    if (second >= 0 && Number.isFinite(hostRatio)) {
      into.addHostCpu(second, hostRatio);
      this.hostLines.push([second, hostRatio]);
    }
  }

  /** What was noted since the last call. */
  take(): { readonly cpu: CpuLine[]; readonly hostCpu: CpuLine[] } {
    const { lines: cpu, hostLines: hostCpu } = this;
    this.lines = [];
    this.hostLines = [];
    return { cpu, hostCpu };
  }
}

/** NaN where the system does not tell, or its clock has not moved. */
function busyRatio(from: HostCpu | null, to: HostCpu | null): number {
  return from === null || to === null ? Number.NaN : (to.busy - from.busy) / (to.total - from.total);
}
