/**
 * The lifecycle of a run: start the fleet, wait for the target, begin, feed the book, watch, drain, and hand over the
 * result. Everything that ends a run early (signal, silent target, refusals, a dead thread) is a field of the verdict.
 */
import { CannotRunError, messageOf } from '../lib/errors.js';
import { monotonicNs, NS_PER_MS } from '../lib/clock.js';
import type { MediaBatch, SignallingBatch } from '../worker/messages.js';
import type { GateResult } from '../gates/evaluate.js';
import { FarLegsWait } from './far-legs-wait.js';
import {
  callIdOf,
  joinLost,
  lostInWords,
  lostList,
  NOTHING_LOST,
  type CallIdForm,
  type LostList,
} from './lost-calls.js';
import { OpenCalls } from './open-calls.js';
import { bufferWarning, Fleet, type FleetFacts, type FleetPlan, type LostWorker } from './fleet.js';
import { LiveGates, type EndingGate, type GatePlan } from './live-gates.js';
import { ReachWatch, type Unreachable } from './reach-watch.js';
import { RunBook, type RunBookPlan } from './run-book.js';

export interface RunPlan {
  readonly fleet: FleetPlan;
  readonly book: RunBookPlan;
  readonly gates: GatePlan;
  readonly callIds: CallIdForm;
  /** How long to wait for an answer to OPTIONS before the start, ms; 0: do not ask. */
  readonly waitMs: number;
  /** Who registers before the calls begin. */
  readonly users: number;
  /** Refuse to start with fewer slots. */
  readonly slotsNeeded: number;
  /** Datagrams dropped so far at the sockets on these local ports; null: unknown. */
  socketDrops(ports: readonly number[]): number | null;
}

/** Signals that end a run; SIGHUP: the terminal was closed. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What the caller of a run is told while it goes on. */
export interface RunObserver {
  onWaiting(): void;
  /** Users register. @param bound so many of them by now */
  onRegistering?(bound: number, users: number): void;
  onBegin(facts: FleetFacts): void;
  /** @param gates as they stand by what is settled, in the order of the plan */
  onSecond(second: number, book: RunBook, gates: readonly GateResult[]): void;
  /** A gate has failed, or passes again. */
  onGateFlip(gate: GateResult, previous: GateResult['state']): void;
  onMedia(batch: MediaBatch): void;
  onSignalling?(batch: SignallingBatch): void;
  onWarning(text: string): void;
}

/** How it ended. */
export interface RunEnd {
  readonly durationMs: number;
  readonly facts: FleetFacts | null;
  readonly interrupted: StopSignal | null;
  readonly couldNotRun: string | null;
  readonly hint: string | null;
  readonly fault: string | null;
  readonly lostWorkers: readonly string[];
  /** Calls that dead threads have begun and that left no record. */
  readonly lostCalls: LostList;
  /** What keeps the run from being a pass, whatever its gates say. */
  readonly doubts: readonly string[];
  /** The gate that ended the run early, as it was seen then. */
  readonly endedBy: EndingGate | null;
  readonly warnings: readonly string[];
}

/** A target that has answered nothing at all for so long is not there. */
const SILENT_TARGET_MS = 10_000;
/** Calls get this long to end when the run is stopped. */
const DRAIN_MS = 10_000;
/** The same where the target has not said a word so far: there is probably nobody to hear a CANCEL. */
const SILENT_DRAIN_MS = 2500;
/** The last legs close two seconds after their call, and report within the next two. */
const LAST_LEGS_MS = 6000;
/** Who is told to leave at once waits so long for threads that are still ending. */
const LEAVE_MS = 600;
const WATCH_INTERVAL_MS = 50;
/** Within a second the media workers report one after another; the gates wait so long for the last. */
const EVEN_WITHIN_MS = 600;

export class Run {
  readonly book: RunBook;
  private fleet: Fleet | null = null;
  private facts: FleetFacts | null = null;
  private epochNs = 0;
  private interrupted: StopSignal | null = null;
  private couldNotRun: string | null = null;
  private hint: string | null = null;
  private fault: string | null = null;
  private readonly lostWorkers: string[] = [];
  private readonly lost = { media: 0, signalling: 0 };
  private lostCalls: LostList = NOTHING_LOST;
  private readonly openCalls: OpenCalls;
  private readonly reach: ReachWatch;
  private readonly doubts: string[] = [];
  private readonly warnings: string[] = [];
  private drainingSinceMs: number | null = null;
  private callsOverAtMs: number | null = null;
  private readonly farLegsWait = new FarLegsWait();
  private readonly liveGates: LiveGates;
  private endedBy: EndingGate | null = null;
  private shownSecond = -1;
  private abandoned = false;
  private leaveSoon: () => void = () => {};
  /** Resolves a moment after the run was told to leave at once: no thread is waited for any longer. */
  private readonly leaving = new Promise<void>((resolve) => {
    this.leaveSoon = () => setTimeout(resolve, LEAVE_MS);
  });
  private endWait: () => void = () => {};
  /** Resolves when the run is told to end, so that nobody waits for a target any more. */
  private readonly stopped = new Promise<true>((resolve) => {
    this.endWait = () => resolve(true);
  });

  constructor(
    private readonly plan: RunPlan,
    private readonly observer: RunObserver,
  ) {
    this.book = new RunBook(plan.book);
    this.liveGates = new LiveGates(plan.gates, this.book);
    this.openCalls = new OpenCalls(plan.fleet.signalling.length);
    const names = plan.book.endpoints.map(({ name }) => name);
    this.reach = new ReachWatch(plan.fleet.signalling, names);
  }

  /** Runs to the end; never throws: what went wrong stands in the end that it gives. */
  async execute(): Promise<RunEnd> {
    await Promise.race([this.work(), this.leaving]);
    await Promise.race([this.close(), this.leaving]);
    this.book.flush();
    this.judgeReach();
    return this.end();
  }

  private async work(): Promise<void> {
    try {
      await this.prepare();
      if (this.couldNotRun === null && this.interrupted === null && this.fault === null) {
        await this.measure();
      }
    } catch (error) {
      this.blame(error);
    }
  }

  /** A signal: no new calls, the live ones are ended, everything is evaluated. */
  interrupt(signal: StopSignal): void {
    this.interrupted ??= signal;
    this.endWait();
    this.drain('interrupted');
  }

  /** The second signal: leave with what is there. */
  abandon(): void {
    this.abandoned = true;
    this.endWait();
    this.leaveSoon();
  }

  /** A fault of ours outside the run's own steps: leave, and say so. */
  fail(reason: string): void {
    this.fault ??= reason;
    this.abandon();
  }

  /** The end as it stands now, for a report that cannot wait. */
  end(): RunEnd {
    return {
      durationMs: this.epochNs === 0 ? 0 : Math.max(0, this.elapsedMs()),
      facts: this.facts,
      interrupted: this.interrupted,
      couldNotRun: this.couldNotRun,
      hint: this.hint,
      fault: this.fault,
      lostWorkers: this.lostWorkers,
      lostCalls: this.lostCalls,
      doubts: this.doubts,
      endedBy: this.endedBy,
      warnings: this.warnings,
    };
  }

  private async prepare(): Promise<void> {
    const { fleet, facts } = await Fleet.start(this.plan.fleet, {
      onMedia: (batch) => this.takeMedia(batch),
      onSignalling: (batch) => this.takeSignalling(batch),
      onLadders: (report) => this.book.evidence.addLadders(report),
      onStopAsked: (detail) => this.stopAsked(detail),
      onLost: (worker) => this.lose(worker),
    });
    this.fleet = fleet;
    this.facts = facts;
    this.warn(bufferWarning(facts.bufferBytes));
    if (facts.slots < this.plan.slotsNeeded) {
      throw new CannotRunError(
        'too-few-slots',
        `${this.plan.slotsNeeded} media slots are needed, ${facts.slots} could be opened: ${facts.slotShortage ?? 'why is not known'}`,
        'or lower the concurrency',
      );
    }
    if (this.plan.waitMs > 0 && this.interrupted === null) {
      this.observer.onWaiting();
      const answered = await Promise.race([fleet.waitForTargets(this.plan.waitMs), this.stopped]);
      if (!answered) {
        this.couldNotRun = `the target did not answer OPTIONS within ${this.plan.waitMs / 1000} s`;
        this.hint = 'check address, port and firewall; some peers, such as a plain SIPp, answer no OPTIONS at all';
        return;
      }
    }
    if (this.plan.users > 0 && this.interrupted === null) {
      await this.registerUsers(fleet);
    }
  }

  /** Calls begin when every user has had the chance to register; those who are refused place none. */
  private async registerUsers(fleet: Fleet): Promise<void> {
    const { registrations } = this.book;
    const tell = (): void => this.observer.onRegistering?.(registrations.bound, this.plan.users);
    tell();
    const settled = fleet.register(({ worker, figures }) => {
      registrations.take(worker, figures);
      tell();
    });
    await Promise.race([settled, this.stopped]);
    const missing = this.interrupted === null && !this.abandoned ? registrations.begin() : null;
    if (missing !== null && registrations.bound === 0) {
      throw new CannotRunError('no-users', missing, registrations.hint());
    }
    this.warn(missing);
  }

  private warn(text: string | null): void {
    if (text !== null) {
      this.warnings.push(text);
      this.observer.onWarning(text);
    }
  }

  private async measure(): Promise<void> {
    const { fleet, facts } = this;
    if (fleet === null || facts === null) {
      return;
    }
    this.epochNs = fleet.begin();
    this.observer.onBegin(facts);
    while (!this.isOver()) {
      await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL_MS));
      this.watch();
    }
  }

  private isOver(): boolean {
    if (this.abandoned || this.lost.signalling >= this.plan.fleet.signalling.length) {
      return true;
    }
    const elapsedMs = this.elapsedMs();
    if (this.drainingSinceMs !== null && elapsedMs - this.drainingSinceMs > DRAIN_MS) {
      return true;
    }
    if (!this.book.isFinished(this.plan.fleet.signalling.length)) {
      return false;
    }
    this.callsOverAtMs ??= elapsedMs;
    if (this.book.legsOutstanding > 0) {
      return elapsedMs - this.callsOverAtMs > LAST_LEGS_MS;
    }
    return this.farLegsWait.isOver(elapsedMs, this.book.farLegsOutstanding);
  }

  private watch(): void {
    const elapsedMs = this.elapsedMs();
    const second = Math.floor(elapsedMs / 1000);
    const isEven = this.book.isEven(this.plan.fleet.media.length);
    if (second > this.shownSecond && (isEven || elapsedMs % 1000 >= EVEN_WITHIN_MS || second > this.shownSecond + 1)) {
      this.shownSecond = second;
      this.judge(second, isEven);
      this.observer.onSecond(second, this.book, this.liveGates.results);
    }
    const silent = this.book.started > 0 && this.book.responses === 0;
    if (silent && this.interrupted !== null) {
      // What was answered a moment ago is known only with the next batch, and a CANCEL needs a provisional to follow.
      this.abandoned ||= elapsedMs - (this.drainingSinceMs ?? elapsedMs) > SILENT_DRAIN_MS;
    } else if (silent && this.couldNotRun === null && (elapsedMs > SILENT_TARGET_MS || this.reach.isHopeless)) {
      this.giveUp(this.reach.trouble() ?? silence(this.book.sipCounts().malformed));
      this.drain('silentTarget');
      this.abandoned = true; // no call has come so far that there is anything to wait for
    }
  }

  /** A short run is over before it is stopped for it. Who interrupted it does not know what his calls would have come to. */
  private judgeReach(): void {
    const trouble = this.book.responses === 0 ? this.reach.trouble() : null;
    const isKnown = this.interrupted === null || !this.reach.hasCut;
    if (trouble !== null && isKnown && this.couldNotRun === null && this.lostWorkers.length === 0) {
      this.giveUp(trouble);
    }
  }

  private giveUp({ reason, hint }: Unreachable): void {
    this.couldNotRun = reason;
    this.hint = hint;
  }

  /** @param isEven whether every media worker has told as much as the others: else no gate may end the run */
  private judge(second: number, isEven: boolean): void {
    const flips = this.liveGates.evaluate(this.facts?.netBackend ?? 'none');
    flips.forEach(({ gate, previous }) => this.observer.onGateFlip(gate, previous));
    if (this.drainingSinceMs !== null || !isEven) {
      return;
    }
    this.endedBy = this.liveGates.ending(second);
    if (this.endedBy !== null) {
      this.observer.onWarning(`${this.endedBy.result.expr} ${this.endedBy.result.reason ?? ''}`);
      this.drain('gateFailed');
    }
  }

  private stopAsked(detail: string): void {
    const text = `stopped early: ${detail}`;
    this.doubts.push(text);
    this.observer.onWarning(text);
    this.drain('tooManyRefusals');
  }

  private drain(cause: string): void {
    if (this.drainingSinceMs === null && this.epochNs > 0) {
      this.drainingSinceMs = this.elapsedMs();
      this.fleet?.drain(cause);
    }
  }

  private lose(worker: LostWorker): void {
    this.lost[worker.kind]++;
    const text = `a ${worker.kind} thread died (${worker.reason.split('\n')[0] ?? ''}); ${this.lossInWords(worker)}`;
    this.lostWorkers.push(text);
    this.observer.onWarning(text);
  }

  private lossInWords(worker: LostWorker): string {
    if (worker.kind === 'media') {
      return 'what its calls received from then on is unknown';
    }
    this.book.loseSignalling(worker.index);
    const { callIds } = this.plan;
    const lost = lostList(this.openCalls.list(worker.index).map((call) => callIdOf(callIds, call)));
    this.lostCalls = joinLost(this.lostCalls, lost);
    return `${lostInWords(lost)} lost with it, and those that it began in its last second`;
  }

  private takeMedia(batch: MediaBatch): void {
    this.book.addMedia(batch);
    this.askLadders();
    this.observer.onMedia(batch);
  }

  private takeSignalling(batch: SignallingBatch): void {
    this.book.addSignalling(batch);
    this.reach.take(batch);
    this.openCalls.noteBegun(batch.worker, batch.intended);
    for (const { call } of batch.records) {
      this.openCalls.noteEnded(call);
    }
    this.observer.onSignalling?.(batch);
    this.askLadders();
    if (batch.farLegs.length > 0) {
      this.farLegsWait.note(this.elapsedMs());
    }
  }

  private askLadders(): void {
    const wanted = this.book.evidence.wanted();
    if (wanted.length > 0) {
      this.fleet?.askLadders(wanted);
    }
  }

  private async close(): Promise<void> {
    try {
      this.book.health.signallingDrops = this.plan.socketDrops(this.facts?.localPorts ?? []);
      await this.fleet?.stop();
    } catch (error) {
      this.blame(error);
    }
  }

  private blame(error: unknown): void {
    if (error instanceof CannotRunError) {
      this.couldNotRun ??= error.message;
      this.hint ??= error.hint ?? null;
    } else {
      this.fault ??= messageOf(error);
    }
  }

  private elapsedMs(): number {
    return (monotonicNs() - this.epochNs) / NS_PER_MS;
  }
}

function silence(malformed: number): Unreachable {
  const seconds = SILENT_TARGET_MS / 1000;
  const reason =
    malformed === 0
      ? `the target has answered nothing at all for ${seconds} s`
      : `the target has answered nothing that is SIP for ${seconds} s (${malformed} datagrams were malformed)`;
  return { reason, hint: 'check address, port and firewall; --wait 60s waits for a target that is still starting' };
}
