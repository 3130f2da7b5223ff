/**
 * Places this worker's share of the calls at their intended times (open model: nothing that happens to a call moves the
 * next one). Only the user's own caps hold starts back, and that is counted.
 */
import { encodeCallToken, runIdOf } from '../call/call-token.js';
import { CallerCall, notStarted, type CallerContext } from '../call/caller-call.js';
import type { CallRecord } from '../call/outcome.js';
import { NS_PER_MS } from '../lib/clock.js';
import { buildSchedule, type Schedule } from '../schedule/schedule.js';
import { shareOf } from '../schedule/split.js';
import type { Driver } from './driver.js';
import { FarFigures, type ReplayedScore } from './far-figures.js';
import { LiveCalls } from './live-calls.js';
import { StartLimiter } from './start-limiter.js';
import type { CallerRole, FigureCounts } from './messages.js';
import type { UserCalls } from './user-calls.js';

export interface CallerDriverOptions {
  readonly role: CallerRole;
  readonly index: number;
  readonly workers: number;
  /** Without `onAnswered` and `onEnd`, which are the driver's. */
  readonly context: Omit<CallerContext, 'tokenOf' | 'onAnswered' | 'onEnd'>;
  /** Of the run, whose reports are taken. */
  readonly runToken: string;
  /** Where far ends reach this worker's user agent. */
  sipAddress(): { readonly address: string; readonly port: number };
  /** What our answerer's reports are scored with where it does not know the codec; absent: nothing. */
  readonly farScore?: ReplayedScore | null;
  /** Who places the calls; absent: nobody in particular. */
  readonly users?: UserCalls | null;
  /** Told of each call that has ended. */
  onRecord?(record: CallRecord): void;
  /** So many refusals came in a row that going on would be abuse. */
  onTooManyRefusals(count: number, last: CallRecord): void;
}

/** Without users and without calls starts are not held back for longer: there is nobody who will place them. */
const NO_USERS_MS = 40_000;

export class CallerDriver implements Driver {
  private readonly live = new LiveCalls<CallerCall>();
  readonly counts = this.live.counts;
  /** A caller sends none. */
  readonly pendingReports = 0;
  private readonly schedule: Schedule;
  private readonly context: CallerContext;
  private readonly concurrency: number;
  private readonly refusalLimit: number;
  /** The next call number of our share. */
  private next: number;
  private nextDueMs: number | null;
  /** When the cap was last in the way, ms: starts due before it are late because of it, not because of us. */
  private cappedAtMs = Number.NEGATIVE_INFINITY;
  private readonly limiter: StartLimiter;
  private readonly farFigures: FarFigures;
  private refusalsInARow = 0;
  private hasAskedToStop = false;
  private draining = false;
  private readonly users: UserCalls | null;
  /** Since when there is neither a call nor a user who could place one, ms. */
  private idleSinceMs: number | null = null;

  constructor(private readonly options: CallerDriverOptions) {
    const { role, index, workers } = options;
    this.users = options.users ?? null;
    this.schedule = buildSchedule(role.load);
    this.concurrency =
      role.load.concurrency === null ? Number.POSITIVE_INFINITY : shareOf(role.load.concurrency, workers, index);
    if (this.concurrency === 0) {
      throw new RangeError(`a cap of ${role.load.concurrency} calls leaves none for worker ${index} of ${workers}`);
    }
    this.refusalLimit = Math.max(1, Math.ceil(role.stopAfterRefusals / workers));
    this.limiter = new StartLimiter(role.maxRate / workers);
    this.next = index;
    this.nextDueMs = this.schedule.intendedStartMs(this.next);
    const isOfRun = (call: number): boolean => call < this.next && call % workers === index;
    this.farFigures = new FarFigures(options.runToken, isOfRun, options.farScore);
    const runId = runIdOf(options.runToken);
    if (role.figures) {
      options.context.userAgent.onPublish = (body) => this.farFigures.take(body);
    }
    this.context = {
      ...options.context,
      tokenOf: (call) => (role.figures ? encodeCallToken({ ...options.sipAddress(), runId, call }) : null),
      onAnswered: (call, agent) => {
        this.live.noteAnswer();
        // Of a call between our users both ends are here: nobody reports.
        if (role.figures && role.users?.arePaired !== true) {
          this.farFigures.await(call, call % options.context.endpoints.length, agent);
        }
      },
      onEnd: (record, call) => {
        this.live.end(record, call);
        this.counts.started -= wasWithdrawn(record) ? 1 : 0;
        options.onRecord?.(record);
        this.users?.noteEnd(record);
        this.watchRefusals(record);
      },
    };
  }

  get liveCalls(): number {
    return this.live.size;
  }

  get finished(): boolean {
    const isOver = this.live.size === 0 && (this.users?.live ?? 0) === 0;
    return isOver && (this.draining || this.nextDueMs === null);
  }

  /** When there is something to do next, ms since the start of the run; null: only the network knows. */
  get nextMs(): number | null {
    return this.draining || !this.hasRoom ? null : this.nextDueMs;
  }

  private get hasRoom(): boolean {
    return this.live.size < this.concurrency && (this.users?.hasRoom ?? true);
  }

  run(elapsedMs: number): void {
    while (!this.draining && this.nextDueMs !== null && this.nextDueMs <= elapsedMs) {
      if (!this.hasRoom || !this.limiter.take(elapsedMs)) {
        this.holdBack(elapsedMs);
        return;
      }
      this.idleSinceMs = null;
      this.startNext();
    }
  }

  drain(cause: string): void {
    if (this.draining) {
      return;
    }
    this.draining = true;
    this.giveUpHeld(cause);
    this.users?.drain();
    for (const call of this.live) {
      call.cut(cause);
    }
  }

  abandon(cause: string): void {
    for (const call of this.live) {
      call.abandon(cause);
    }
    this.users?.abandon();
  }

  takeRecords(): CallRecord[] {
    return this.live.takeRecords();
  }

  get figures(): FigureCounts {
    return this.farFigures.counts;
  }

  get waitingFarLegs(): number {
    return this.farFigures.waiting;
  }

  takeFarLegs(): Float64Array {
    return this.farFigures.takeRows();
  }

  get ourAnswerers(): readonly number[] {
    return this.farFigures.ourAnswerers;
  }

  private get nextIsHeld(): boolean {
    return (this.nextDueMs ?? 0) <= this.cappedAtMs;
  }

  private startNext(): void {
    const target = this.users?.reserve(this.next) ?? null;
    const start = { call: this.next, intendedMs: this.nextDueMs ?? 0, heldBack: this.nextIsHeld };
    this.advance();
    const call = new CallerCall(this.context, target === null ? start : { ...start, target });
    this.live.add(call);
    if (call.start()) {
      this.counts.started++;
    }
  }

  private advance(): void {
    this.counts.intended++;
    this.next += this.options.workers;
    this.nextDueMs = this.schedule.intendedStartMs(this.next);
  }

  /** The cap is reached, or no user is free. Starts wait for room, but no longer than the stages last. */
  private holdBack(elapsedMs: number): void {
    this.cappedAtMs = elapsedMs;
    if (this.lacksUsers(elapsedMs)) {
      this.giveUpHeld('noRegisteredUser');
      return;
    }
    const endMs = this.schedule.durationMs;
    if (this.options.role.load.calls === null && endMs !== null && elapsedMs >= endMs) {
      this.giveUpHeld(this.users?.hasRoom === false ? 'noFreeUser' : 'concurrencyCap');
    }
  }

  /** Not for a moment, while the users that there are have calls, but for good, or for so long that it looks like it. */
  private lacksUsers(elapsedMs: number): boolean {
    const { users } = this;
    if (users === null || users.hasRoom || this.live.size + users.live > 0) {
      this.idleSinceMs = null;
      return false;
    }
    this.idleSinceMs ??= elapsedMs;
    return users.isHopeless || elapsedMs - this.idleSinceMs >= NO_USERS_MS;
  }

  /** Starts that were due and never had their turn become records, so that none is lost from the sums. */
  private giveUpHeld(cause: string): void {
    const elapsedMs = (this.context.now() - this.context.epochNs) / NS_PER_MS;
    while (this.nextDueMs !== null && this.nextDueMs <= elapsedMs) {
      const start = { call: this.next, intendedMs: this.nextDueMs, heldBack: true };
      this.advance();
      this.live.note(notStarted(this.context, start, cause));
    }
  }

  private watchRefusals(record: CallRecord): void {
    if (record.outcome === 'notStarted' || record.outcome === 'cut') {
      return; // our own doing: it says nothing of the target
    }
    if (record.outcome !== 'failed' || record.succeeded) {
      this.refusalsInARow = 0;
      return;
    }
    this.refusalsInARow++;
    if (this.refusalsInARow >= this.refusalLimit && !this.draining && !this.hasAskedToStop) {
      this.hasAskedToStop = true;
      this.options.onTooManyRefusals(this.refusalsInARow, record);
    }
  }
}

/** It had begun before this host turned out to have no socket for it. */
function wasWithdrawn({ outcome, cause }: CallRecord): boolean {
  return outcome === 'notStarted' && cause !== 'noSlot';
}
