/** The gates of a run that goes on: evaluated once a second by the code that judges its end, with flips and the gate that ends it. */
import { evaluateGates, type GateResult } from '../gates/evaluate.js';
import type { Gate } from '../gates/grammar.js';
import type { HealthConditions, MetricSource } from '../gates/source.js';
import { LiveFigures } from './live-figures.js';
import type { NetBackend } from '../lib/net-backend.js';
import type { RunBook } from './run-book.js';

export interface GatePlan {
  readonly gates: readonly Gate[];
  /** What gates with `baseline.` compare with. */
  readonly baseline: MetricSource | null;
}

export interface GateFlip {
  readonly gate: GateResult;
  readonly previous: GateResult['state'];
}

/** The gate that ended the run, as it was seen. */
export interface EndingGate {
  /** Place among the run's gates. */
  readonly index: number;
  readonly result: GateResult;
}

export class LiveGates {
  private readonly gates: readonly Gate[];
  private readonly figures: LiveFigures;
  private states: GateResult['state'][];
  /** As they were at the last evaluation. */
  results: readonly GateResult[] = [];

  constructor(
    private readonly plan: GatePlan,
    private readonly book: RunBook,
  ) {
    // That data is missing is known at the end only.
    this.gates = plan.gates.map((gate) => ({
      ...gate,
      onNoData: gate.onNoData === 'fail' ? 'inconclusive' : gate.onNoData,
    }));
    this.figures = new LiveFigures(book);
    this.states = plan.gates.map(() => 'no-data');
  }

  /** Judges anew; gives the gates that failed, or that pass again, since the last time. */
  evaluate(netBackend: NetBackend | 'none'): GateFlip[] {
    const { book, plan } = this;
    const references = { idle: book.idle, baseline: plan.baseline };
    this.results = evaluateGates(this.gates, this.figures, healthOf(book, netBackend), references);
    const flips: GateFlip[] = [];
    for (const [index, gate] of this.results.entries()) {
      const previous = this.states[index] ?? 'no-data';
      if (gate.state !== 'pass' && gate.state !== 'fail') {
        continue; // a gate that cannot be judged for a while keeps what it was
      }
      if (gate.state !== previous && (gate.state === 'fail' || previous === 'fail')) {
        flips.push({ gate, previous });
      }
      this.states[index] = gate.state;
    }
    return flips;
  }

  /** The first gate that ends the run by what was judged last; null: none. Only a figure that was seen and trusted can. */
  ending(second: number): EndingGate | null {
    for (const [index, result] of this.results.entries()) {
      if (this.gates[index]?.abortOnFail === true && result.state === 'fail' && result.observed !== null) {
        return { index, result: { ...result, reason: `ended the run in second ${second} (abortOnFail)` } };
      }
    }
    return null;
  }
}

/** What is known against ourselves by now. */
export function healthOf(book: RunBook, netBackend: NetBackend | 'none'): HealthConditions {
  const floor = book.health.floorJitterMs;
  return {
    spoiled: book.health.conditions(netBackend, book.generatorSeconds.hostCpuPeak),
    reflected: book.total.calls.roundTrip > 0,
    bothEnds: book.registrations.secondLegs > 0,
    floorJitterMs: floor.count === 0 ? null : floor.percentile(95),
  };
}
