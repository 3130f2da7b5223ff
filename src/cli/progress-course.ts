/** Where a run stands in its plan: the stage in words, and how much is left, as far as the schedule tells. */
import { formatRate } from '../lib/units.js';
import { callLengthMs } from '../scenario/flow-plan.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Schedule } from '../schedule/schedule.js';

export interface Course {
  /** `ramp to 4/s`, `hold 4/s`, or `draining` once no call becomes due any more. */
  readonly stage: string;
  /** Null where the plan does not tell when it is over. */
  readonly left: CourseLeft | null;
}

/** By time, in seconds; by ended calls where the cap on calls at once decides how long the run lasts. */
export interface CourseLeft {
  readonly unit: 'seconds' | 'calls';
  readonly done: number;
  readonly total: number;
}

export class CoursePlan {
  private readonly capDecides: boolean;
  private readonly endSecond: number | null;

  constructor(
    private readonly scenario: Pick<Scenario, 'load' | 'call' | 'media'>,
    private readonly schedule: Schedule,
  ) {
    const { load, call } = scenario;
    const heldMs = call.expect === 'answered' ? callLengthMs(call) : 0;
    this.capDecides = load.concurrency !== null && schedule.peakActive(heldMs) > load.concurrency;
    this.endSecond = schedule.durationMs === null ? null : Math.ceil((schedule.durationMs + heldMs) / 1000);
  }

  get totalCalls(): number | null {
    return this.schedule.totalCalls;
  }

  get media(): boolean {
    return this.scenario.media;
  }

  /** @param endedCalls calls that have ended or will never start */
  at(second: number, endedCalls: number): Course {
    return { stage: this.stageAt(second), left: this.leftAt(second, endedCalls) };
  }

  /** Calls per second that the schedule asks for in that second. */
  rateAt(second: number): number {
    return this.schedule.rateAt(second * 1000 + 500);
  }

  private stageAt(second: number): string {
    const elapsedMs = second * 1000;
    if (this.schedule.durationMs !== null && elapsedMs > this.schedule.durationMs) {
      return 'draining';
    }
    const stage = this.scenario.load.stages[this.schedule.stageAt(elapsedMs)];
    return stage === undefined ? '' : `${stage.kind === 'ramp' ? 'ramp to' : 'hold'} ${formatRate(stage.rate)}`;
  }

  private leftAt(second: number, endedCalls: number): CourseLeft | null {
    const { totalCalls } = this.schedule;
    if (this.capDecides) {
      return totalCalls === null ? null : { unit: 'calls', done: Math.min(endedCalls, totalCalls), total: totalCalls };
    }
    return this.endSecond === null ? null : { unit: 'seconds', done: second, total: this.endSecond };
  }
}
