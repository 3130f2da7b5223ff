/**
 * The worker threads of a run, from their start to their end: opens sockets and slots, joins each media worker with each
 * signalling worker, and sets them off together from one epoch.
 */
import type { NetBackend } from '../lib/net-backend.js';
import { CannotRunError } from '../lib/errors.js';
import { monotonicNs, NS_PER_MS } from '../lib/clock.js';
import type { ImpairmentCounts } from '../lib/impairment.js';
import { shareOf } from '../schedule/split.js';
import type { CallRecord, LadderReport, MediaBatch, MediaWorkerSetup } from '../worker/messages.js';
import type { RegistrationReport } from '../worker/messages.js';
import { readRecords } from '../worker/record-table.js';
import type { SignallingBatch, SignallingSetup } from '../worker/messages.js';
import {
  joinWorkers,
  startMediaWorker,
  startSignallingWorker,
  type MediaHandle,
  type SignallingHandle,
} from '../worker/pool.js';

export interface FleetPlan {
  readonly media: readonly MediaWorkerSetup[];
  readonly signalling: readonly SignallingSetup[];
  /** Slots to open before the start, over all media workers. */
  readonly slots: number;
}

export interface FleetEvents {
  onMedia(batch: MediaBatch): void;
  onSignalling(batch: SignallingBatch): void;
  /** A signalling worker asks for the end of the run, in words. */
  onStopAsked(detail: string): void;
  /** SIP ladders, of failed calls or because they were asked for. */
  onLadders?(report: LadderReport): void;
  /** A media worker that sends over a bad link has ended, and says what the link did. */
  onImpaired?(counts: ImpairmentCounts): void;
  /** A thread has died. */
  onLost(worker: LostWorker): void;
}

export interface LostWorker {
  readonly kind: 'media' | 'signalling';
  readonly index: number;
  readonly reason: string;
}

/** What was granted. */
export interface FleetFacts {
  readonly netBackend: NetBackend | 'none';
  readonly slots: number;
  /** Why they are fewer than were asked for; null: they are not. */
  readonly slotShortage: string | null;
  readonly localPorts: readonly number[];
  readonly bufferBytes: { readonly requested: number; readonly granted: number | null };
  /** Code point of SIP over UDP; null: not set. */
  readonly signallingDscp: number | null;
  /** Of RTP and RTCP; null: not set. */
  readonly mediaDscp: number | null;
}

/** Both ends wait this long for each other at the start: threads of a busy host take their time, dead ones are noticed at once. */
const START_TIMEOUT_MS = 60_000;
/** The first tick lies a little ahead, so that every thread has its epoch before it begins. */
const BEGIN_LEAD_MS = 20;

export class Fleet {
  private readonly media: MediaHandle[];
  private readonly signalling: SignallingHandle[];

  private constructor(
    private readonly plan: FleetPlan,
    private readonly events: FleetEvents,
  ) {
    this.media = plan.media.map(startMediaWorker);
    this.signalling = plan.signalling.map(startSignallingWorker);
  }

  /**
   * Starts all threads and opens all sockets.
   * @throws CannotRunError when a socket cannot be opened or a thread does not come up
   */
  static async start(plan: FleetPlan, events: FleetEvents): Promise<{ fleet: Fleet; facts: FleetFacts }> {
    const fleet = new Fleet(plan, events);
    try {
      return { fleet, facts: await fleet.open() };
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** Waits until every target has answered an OPTIONS; false when one has not in time. */
  async waitForTargets(timeoutMs: number): Promise<boolean> {
    const answers = this.signalling.map((worker) => {
      worker.post({ type: 'wait', timeoutMs });
      return this.answerOf(worker, 'waited', timeoutMs + START_TIMEOUT_MS);
    });
    return (await Promise.all(answers)).every(({ reachable }) => reachable);
  }

  /** Registers the users of all workers; resolves when each user has had the chance. @param onReport told how far it is */
  async register(onReport: (report: RegistrationReport) => void): Promise<void> {
    await Promise.all(
      this.signalling.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            worker.onReport = (report) => {
              if (report.type === 'registering') {
                onReport(report);
                if (report.isSettled) {
                  resolve();
                }
              }
            };
            worker.onLost = (reason) => reject(new Error(`a worker thread died while its users registered: ${reason}`));
            worker.post({ type: 'register' });
          }),
      ),
    );
  }

  /** Sets all threads off; gives the epoch, ns. */
  begin(): number {
    const epochNs = monotonicNs() + BEGIN_LEAD_MS * NS_PER_MS;
    this.listen();
    for (const worker of [...this.media, ...this.signalling]) {
      worker.post({ type: 'begin', epochNs });
    }
    return epochNs;
  }

  drain(cause: string): void {
    for (const worker of this.signalling) {
      worker.post({ type: 'drain', cause });
    }
  }

  /** Asks for the SIP ladders of calls that ended a moment ago; each worker placed every so many-th call. */
  askLadders(calls: readonly Pick<CallRecord, 'call' | 'callId'>[]): void {
    for (const [index, worker] of this.signalling.entries()) {
      const own = calls.filter(({ call }) => call % this.signalling.length === index);
      if (own.length > 0) {
        worker.post({ type: 'ladders', callIds: own.map(({ callId }) => callId) });
      }
    }
  }

  /** As `stop`, but what the media threads measured last can still be told to the runs that called. Every call has ended. */
  async stopMediaFirst(): Promise<void> {
    await Promise.all(this.media.map((worker) => worker.stop()));
    await Promise.all(this.signalling.map((worker) => worker.stop()));
  }

  /** Ends all threads; their last reports have been heard when this resolves. Signalling first: it releases the slots. */
  async stop(): Promise<void> {
    await Promise.all(this.signalling.map((worker) => worker.stop()));
    await Promise.all(this.media.map((worker) => worker.stop()));
  }

  private async open(): Promise<FleetFacts> {
    // All at once: a worker that is ready before it is listened to would be waited for in vain.
    const [ready, backends] = await Promise.all([
      Promise.all(this.signalling.map((worker) => this.answerOf(worker, 'ready'))),
      Promise.all(this.media.map((worker) => this.answerOf(worker, 'ready'))),
    ]);
    const slots = await this.join();
    const backend = backends[0]?.backend;
    const marksPackets = backend !== undefined && backend !== 'dgram';
    const granted = ready.map(({ bufferBytes }) => bufferBytes.granted);
    return {
      netBackend: backend ?? 'none',
      slots: slots.opened,
      slotShortage: slots.shortage,
      signallingDscp: ready[0]?.dscp ?? null,
      mediaDscp: marksPackets ? (this.plan.media[0]?.dscp ?? null) : null,
      localPorts: ready.map(({ localPort }) => localPort),
      bufferBytes: {
        requested: ready[0]?.bufferBytes.requested ?? 0,
        granted: granted.length > 0 ? Math.min(...granted) : null,
      },
    };
  }

  /** Deals the slots: each signalling worker gets its share of each media worker's. */
  private async join(): Promise<{ readonly opened: number; readonly shortage: string | null }> {
    let opened = 0;
    let shortage: string | null = null;
    for (const [s, signalling] of this.signalling.entries()) {
      let ofThisWorker = 0;
      for (const [m, media] of this.media.entries()) {
        const share = shareOf(shareOf(this.plan.slots, this.media.length, m), this.signalling.length, s);
        const refused = this.refusalOf(media);
        joinWorkers(media, signalling, { worker: m, slots: share });
        const answer = await Promise.race([this.answerOf(signalling, 'slots-open'), refused]);
        ofThisWorker = answer.opened;
        shortage ??= answer.shortage;
      }
      opened += ofThisWorker;
    }
    return { opened, shortage };
  }

  private listen(): void {
    this.media.forEach((worker, index) => {
      worker.onReport = (report) => {
        if (report.type === 'media') {
          this.events.onMedia(report);
        } else if (report.type === 'impaired') {
          this.events.onImpaired?.(report.counts);
        }
      };
      worker.onLost = (reason) => this.lose({ kind: 'media', index, reason });
    });
    this.signalling.forEach((worker, index) => {
      worker.onReport = (report) => {
        if (report.type === 'signalling') {
          this.events.onSignalling({ ...report, records: readRecords(report.records) });
        } else if (report.type === 'ladders') {
          this.events.onLadders?.(report);
        } else if (report.type === 'stop-asked') {
          this.events.onStopAsked(report.detail);
        }
      };
      worker.onLost = (reason) => this.lose({ kind: 'signalling', index, reason });
    });
  }

  private lose(worker: LostWorker): void {
    if (worker.kind === 'media') {
      for (const signalling of this.signalling) {
        signalling.post({ type: 'media-lost', worker: worker.index });
      }
    }
    this.events.onLost(worker);
  }

  /** The next report of that type; refusals and deaths reject. */
  private answerOf<Report extends { readonly type: string }, Type extends Report['type']>(
    worker: { onReport: (report: Report) => void; onLost: (reason: string) => void },
    type: Type,
    timeoutMs = START_TIMEOUT_MS,
  ): Promise<Extract<Report, { readonly type: Type }>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`a worker did not answer (${type})`)), timeoutMs);
      worker.onReport = (report) => {
        if (report.type === type) {
          clearTimeout(timer);
          resolve(report as Extract<Report, { readonly type: Type }>);
        } else if (isRefusal(report)) {
          clearTimeout(timer);
          reject(cannotOpen(report));
        }
      };
      worker.onLost = (reason) => {
        clearTimeout(timer);
        reject(new Error(`a worker thread died at the start: ${reason}`));
      };
    });
  }

  private refusalOf(media: MediaHandle): Promise<never> {
    return new Promise((_, reject) => {
      media.onReport = (report) => {
        if (report.type === 'cannot-open') {
          reject(cannotOpen(report));
        }
      };
    });
  }
}

/** What to say of a SIP socket that got less room than was asked for: a burst may overflow it. Null when all is well. */
export function bufferWarning({ requested, granted }: FleetFacts['bufferBytes']): string | null {
  if (granted === null || granted >= requested) {
    return null;
  }
  const room = `the kernel granted ${Math.round(granted / 1024)} of ${Math.round(requested / 1024)} KiB for the SIP socket`;
  return `${room}: bursts may be lost here (raise net.core.rmem_max)`;
}

interface OpenRefusal {
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

function isRefusal(report: { readonly type: string }): report is OpenRefusal {
  return report.type === 'cannot-open';
}

const BIND_WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EADDRNOTAVAIL: 'cannot be bound: this host does not have the address',
  EACCES: 'may not be bound by this user',
};

const HINTS: Readonly<Record<string, string>> = {
  'address-in-use': 'choose other ports with network.rtpPorts or --listen',
  EADDRINUSE: 'choose another port, or stop the program that has this one',
  'address-not-available': 'use an address of this host (--local-address, or --listen of answer)',
  EADDRNOTAVAIL: 'use an address of this host (--local-address, or --listen of answer)',
  'too-many-open-files': 'raise the limit of open files (ulimit -n), or lower the concurrency',
  'no-priority': 'give CAP_SYS_NICE (setcap cap_sys_nice+ep on node, or run as root), or leave --realtime out',
  'no-permission': 'choose ports above 1023',
  EACCES: 'choose a port above 1023',
};

/** `bind EADDRNOTAVAIL 192.0.2.5:5060` of Node, for people. */
export function bindInWords({ code, message }: Pick<OpenRefusal, 'code' | 'message'>): string {
  const [, where] = /^(?:bind|listen) E[A-Z]+:? .*?([\w.:[\]]+)$/.exec(message) ?? [];
  const words = BIND_WORDS[code];
  return where === undefined || words === undefined ? message : `${where} ${words}`;
}

function cannotOpen(refusal: OpenRefusal): CannotRunError {
  return new CannotRunError(refusal.code, bindInWords(refusal), HINTS[refusal.code]);
}
