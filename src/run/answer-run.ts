/** The answerer's lifecycle: the same fleet as a run, with calls that come instead of calls that go. */
import type { Impairment, ImpairmentCounts } from '../lib/impairment.js';
import { Distribution } from '../metrics/histogram.js';
import type {
  AnswererRole,
  CodecClip,
  MediaSource,
  MediaWorkerSetup,
  PortRange,
  SignallingBatch,
  SrtpPlan,
  TlsMaterial,
} from '../worker/messages.js';
import { DIRECTION, LEG } from '../worker/messages.js';
import { Fleet, type FleetEvents, type FleetFacts } from './fleet.js';

export interface AnswerPlan {
  /** Certificate of its own for TLS and WSS, and the authorities whose callers it takes. */
  readonly tls: TlsMaterial;
  readonly listen: { readonly address: string; readonly port: number };
  readonly rtpPorts: PortRange;
  readonly role: AnswererRole;
  readonly backend: MediaWorkerSetup['backend'];
  readonly source: MediaSource;
  /** Null: no SRTP. */
  readonly srtp: SrtpPlan | null;
  readonly advertise: string | null;
  /** Public hosts to which audio may be sent. */
  readonly publicHosts: readonly string[];
  readonly ptimeMs: number;
  /** Takes any codec, and sends back what comes. */
  readonly takesAny: boolean;
  /** The codecs that calls may choose from, in order of preference, each with the clip in it. */
  readonly clips: readonly CodecClip[];
  /** Slots to open at once; more are opened as calls come. */
  readonly slots: number;
  readonly seed: number;
  readonly runToken: string;
  /** A bad link for all that is sent; null: none. */
  readonly impairment: Impairment | null;
}

/** What it saw, in all. */
export interface AnswerCounts {
  calls: number;
  answered: number;
  failed: number;
  legs: number;
  packetsExpected: number;
  packetsReceived: number;
  packetsLost: number;
  packetsSent: number;
  /** Packets that were skipped because their time had passed: this host's fault, and no loss to the far end. */
  packetsMissed: number;
  /** Legs that were SRTP, and packets on them that were not authentic. */
  srtpLegs: number;
  srtpAuthFailures: number;
  /** Legs whose figures the run that called has taken. */
  figuresReturned: number;
  /** Keys that callers have pressed: by INFO, as telephone-events, and as tones (where they are listened for). */
  infoKeys: number;
  eventKeys: number;
  toneKeys: number;
  /** Transfers (REFER) that callers have asked for: none is taken. */
  declinedTransfers: number;
  /** Interarrival jitter of what came, over the legs; null when nothing came. */
  jitterMs: { readonly p50: number; readonly p95: number; readonly max: number } | null;
  /** What the bad link did; null without one. */
  impairment: ImpairmentCounts | null;
}

/** Calls that still live at the end get this long for their BYE. */
const DRAIN_MS = 1500;
/** CS3, as runs have it without a word of the scenario. */
const SIGNALLING_DSCP = 24;
/** EF, likewise. */
const MEDIA_DSCP = 46;
const DRAIN_CHECK_MS = 20;

export class AnswerRun {
  /** A thread has died: the answerer cannot go on. */
  onLost: () => void = () => {};
  /** Why it could not go on; null while all is well. */
  fault: string | null = null;
  private fleet: Fleet | null = null;
  private facts: FleetFacts | null = null;
  private last: SignallingBatch | null = null;
  private impairment: ImpairmentCounts | null = null;
  private readonly media = {
    legs: 0,
    packetsExpected: 0,
    packetsReceived: 0,
    packetsLost: 0,
    packetsSent: 0,
    packetsMissed: 0,
    srtpLegs: 0,
    srtpAuthFailures: 0,
  };
  private readonly jitterMs = new Distribution('ms');

  private constructor() {}

  /** @throws CannotRunError when the address or the ports cannot be had */
  static async start(plan: AnswerPlan): Promise<AnswerRun> {
    const run = new AnswerRun();
    const { fleet, facts } = await Fleet.start(fleetPlan(plan), run.events());
    run.fleet = fleet;
    run.facts = facts;
    fleet.begin();
    return run;
  }

  get port(): number {
    return this.facts?.localPorts[0] ?? 0;
  }

  async stop(): Promise<AnswerCounts> {
    this.fleet?.drain('shutdown');
    for (let waitedMs = 0; waitedMs < DRAIN_MS && this.last?.finished !== true; waitedMs += DRAIN_CHECK_MS) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
    }
    await this.fleet?.stopMediaFirst();
    return {
      calls: this.last?.started ?? 0,
      answered: this.last?.answered ?? 0,
      failed: this.last?.failed ?? 0,
      ...this.media,
      figuresReturned: this.last?.figures.passed ?? 0,
      infoKeys: this.last?.keys?.info ?? 0,
      eventKeys: this.last?.keys?.rfc4733 ?? 0,
      toneKeys: this.last?.keys?.inband ?? 0,
      declinedTransfers: this.last?.declinedTransfers ?? 0,
      jitterMs: this.jitterSummary(),
      impairment: this.impairment,
    };
  }

  private jitterSummary(): AnswerCounts['jitterMs'] {
    const { jitterMs } = this;
    return jitterMs.count === 0
      ? null
      : { p50: jitterMs.percentile(50), p95: jitterMs.percentile(95), max: jitterMs.max };
  }

  private countLeg(at: (column: number) => number): void {
    const { media } = this;
    media.legs++;
    media.packetsExpected += at(LEG.expected);
    media.packetsReceived += at(LEG.received);
    media.packetsLost += at(LEG.lost);
    media.packetsSent += at(LEG.sent);
    media.packetsMissed += at(LEG.missed);
    if (!Number.isNaN(at(LEG.srtpSuite))) {
      media.srtpLegs++;
      media.srtpAuthFailures += at(LEG.srtpAuthFailures);
    }
    if (Number.isFinite(at(LEG.jitterMs))) {
      this.jitterMs.record(at(LEG.jitterMs));
    }
  }

  private events(): FleetEvents {
    return {
      onMedia: ({ legs }) => {
        for (let offset = 0; offset < legs.length; offset += LEG.columns) {
          if (legs[offset + LEG.direction] === DIRECTION.sent) {
            continue; // the caller's view of a leg that is counted already
          }
          this.countLeg((column) => legs[offset + column] ?? 0);
        }
      },
      onSignalling: (batch) => {
        this.last = batch;
      },
      onStopAsked: () => {},
      onImpaired: (counts) => {
        this.impairment = counts;
      },
      onLost: ({ kind, reason }) => {
        this.fault = `the ${kind} thread died: ${reason}`;
        this.onLost();
      },
    };
  }
}

function fleetPlan(plan: AnswerPlan): Parameters<typeof Fleet.start>[0] {
  return {
    slots: plan.slots,
    media: [
      {
        kind: 'media',
        dscp: MEDIA_DSCP,
        index: 0,
        workers: 1,
        backend: plan.backend,
        localAddress: plan.listen.address,
        rtpPorts: plan.rtpPorts,
        source: plan.source,
        ptimeMs: plan.ptimeMs,
        clips: plan.clips,
        seed: plan.seed,
        ...(plan.impairment !== null && { impairment: plan.impairment }),
      },
    ],
    signalling: [
      {
        kind: 'signalling',
        index: 0,
        workers: 1,
        localAddress: plan.listen.address,
        localPort: plan.listen.port,
        advertise: plan.advertise,
        links: {
          tls: plan.tls,
          webSocketPath: '/',
          connections: 'worker',
          dscp: plan.backend === 'dgram' ? null : SIGNALLING_DSCP,
          learnsAddress: false,
          keepAliveMs: 0,
        },
        seed: plan.seed,
        runToken: plan.runToken,
        ptimeMs: plan.ptimeMs,
        codecs: plan.clips.map(({ codec }) => codec),
        rtcpXr: true,
        takesAny: plan.takesAny,
        ...(plan.srtp !== null && { srtp: plan.srtp }),
        reach: { allow: null, publicHosts: plan.publicHosts, targets: [] },
        sinkPort: null,
        role: plan.role,
      },
    ],
  };
}
