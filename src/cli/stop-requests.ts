/**
 * What asks a run to stop from outside: signals and faults. The first signal ends the calls, the second leaves at once, in
 * whatever phase the run is; what comes before there is a run is kept for it.
 */
import { messageOf } from '../lib/errors.js';
import type { Run } from '../run/run.js';
import type { ProcessHost, Signal } from './host.js';

/** What the first signal does in each phase. */
const FIRST = {
  before: 'no call will be placed; press again to leave at once',
  calls: 'ending the calls (up to 10 s); press again to leave at once with what is measured',
  over: 'the calls are over and the files are being written; press again to leave at once',
} as const;

export class StopRequests {
  /** A fault of ours that nobody caught, in words. */
  fault: string | null = null;
  private phase: keyof typeof FIRST = 'before';
  private signals: Signal[] = [];
  private run: Run | null = null;
  private hurry: () => void = () => {};
  /** Resolves when nothing may be waited for any more. */
  readonly hurried = new Promise<void>((resolve) => {
    this.hurry = resolve;
  });

  constructor(private readonly say: (text: string) => void) {}

  /** The signal that stopped the run. */
  get signal(): Signal | null {
    return this.signals[0] ?? null;
  }

  /** From before the first socket on. */
  listen(host: ProcessHost): void {
    host.onSignal((signal) => this.take(signal));
    host.onFault((error) => {
      this.fault ??= messageOf(error);
      this.run?.fail(this.fault);
      this.hurry();
    });
  }

  /** Hands over to the run what has come so far. */
  steer(run: Run): void {
    this.run = run;
    const [first, second] = this.signals;
    if (first !== undefined) {
      run.interrupt(first);
    }
    if (second !== undefined) {
      run.abandon();
    }
    if (this.fault !== null) {
      run.fail(this.fault);
    }
  }

  callsBegin(): void {
    this.phase = 'calls';
  }

  runIsOver(): void {
    this.phase = 'over';
    this.run = null;
  }

  private take(signal: Signal): void {
    this.signals.push(signal);
    if (this.signals.length === 1) {
      this.say(`${signal}: ${FIRST[this.phase]}`);
      this.run?.interrupt(signal);
    } else {
      this.say(`${signal} again: leaving with what is measured`);
      this.run?.abandon();
      this.hurry();
    }
  }
}
