/**
 * The slots of a media worker and one `tick` every millisecond, which serves a twentieth of them (at 20 ms ptime): each
 * stream is served once a ptime, at its own phase. Who calls `tick`, and from what clock, is the driver's business.
 */
import type { MessagePort } from 'node:worker_threads';
import { NS_PER_MS, NS_PER_SECOND } from '../lib/clock.js';
import { createRandom, deriveSeed } from '../lib/random.js';
import { Tally } from '../lib/tally.js';
import type { DatagramSockets } from '../net/datagram.js';
import { NtpClock } from '../rtp/rtcp/ntp-clock.js';
import { codecContext } from './codec-context.js';
import { HealthReport } from './health-report.js';
import type { LegContext, MediaHealth } from './leg-context.js';
import { LegTaps } from './leg-tap.js';
import { MediaLeg } from './media-leg.js';
import { LEG, ROW } from './messages.js';
import type { LegSide, MediaBatch, MediaWorkerSetup, SlotCommand, SlotReport } from './messages.js';
import { Rows } from './rows.js';
import { closeTwoLegSecond } from './two-leg-rows.js';
import { clipSilenceOf } from './silence-suppression.js';
import { SlotOpener } from './slot-opener.js';

/** A second closes when it ended this long ago: by then what was late has come, or is lost. */
export const CLOSE_DELAY_SECONDS = 2;

/** Its closing is spread over so many ticks: some 10 µs a leg, which at thousands of legs would make a few ticks late. */
const CLOSE_TICKS = 200;
/** The health of a second is noted at this tick of the next one, when the last packet times that began in it have been served. */
const HEALTH_TICK = 20;

const ECHO_SEED = 0x5ec0_e5ed;

type LegCommand = Exclude<SlotCommand, { type: 'grow' }>;

export class MediaEngine {
  private readonly legs: MediaLeg[] = [];
  /** Legs by the tick of the ptime that serves them. */
  private readonly phases: MediaLeg[][];
  private readonly owners: MessagePort[] = [];
  /** Of the call that has the slot. */
  private readonly sides: LegSide[] = [];
  private readonly rows = new Rows(ROW.columns);
  private readonly totals = new Rows(LEG.columns, 16);
  private readonly tables = { rows: this.rows, totals: this.totals };
  private readonly health: MediaHealth = {
    sent: 0,
    missed: 0,
    sendErrors: 0,
    received: 0,
    undatedDrops: 0,
    latenessUs: new Tally(),
  };
  private readonly healthReport = new HealthReport(this.health);
  private readonly context: LegContext;
  private readonly opener: SlotOpener;
  /** Null: nothing is captured. */
  private readonly taps: LegTaps | null;
  /** Commands that came before the epoch, which their times count from. */
  private early: LegCommand[] = [];
  private tickIndex = 0;
  private clockStepped = false;
  /** Of the sockets' own total. */
  private sendErrorsTold = 0;
  private dropsTold: number | null = null;

  constructor(
    private readonly setup: MediaWorkerSetup,
    private readonly sockets: DatagramSockets,
    private readonly now: () => number,
    private readonly report: (batch: MediaBatch) => void,
  ) {
    this.phases = Array.from({ length: setup.ptimeMs }, () => []);
    this.opener = new SlotOpener(setup, sockets);
    this.taps = setup.capture === undefined ? null : new LegTaps(setup.capture, setup.localAddress, setup.ptimeMs);
    this.context = legContext({ setup, sockets, health: this.health, now });
  }

  /** Starts the ticks; slots can be opened before. */
  begin(epochNs: number): void {
    this.context.epochNs = epochNs;
    const { early } = this;
    this.early = [];
    for (const command of early) {
      this.command(command);
    }
  }

  get begun(): boolean {
    return Number.isFinite(this.context.epochNs);
  }

  /** Why no more slots could be opened when they were last asked for; null: they could. */
  get slotShortage(): string | null {
    return this.opener.shortage;
  }

  /** When the next tick is due, ns; +∞ before the run begins. */
  get nextTickNs(): number {
    return this.context.epochNs + this.tickIndex * NS_PER_MS;
  }

  /**
   * Opens slots for the signalling worker behind `owner` and tells it; `more`: it asked for further ones, which follow.
   * @throws NetError when none could be opened
   */
  async open(count: number, owner: MessagePort, more = false): Promise<number> {
    const opened = await this.opener.open(count);
    const slots = opened.map(({ rtpHandle, rtcpHandle, rtpPort }) => {
      const leg = new MediaLeg(this.context, rtpHandle, rtcpHandle, this.taps?.open(rtpPort) ?? null);
      const slot = this.legs.push(leg) - 1;
      leg.keys.onKey = (digit) => owner.postMessage({ type: 'digit', slot, digit } satisfies SlotReport);
      this.owners[slot] = owner;
      this.phases[slot % this.phases.length]?.push(leg);
      return { slot, rtpPort };
    });
    const shortage = this.slotShortage;
    const isWhole = slots.length === count;
    owner.postMessage({
      type: 'slots',
      slots,
      more: more && isWhole,
      ...(shortage !== null && { shortage }),
    } satisfies SlotReport);
    return slots.length;
  }

  command(command: LegCommand): void {
    if (!this.begun) {
      this.early.push(command);
      return;
    }
    if (command.type === 'keep-headers') {
      this.taps?.keep(command.calls);
      return;
    }
    const leg = this.legs[command.slot];
    if (command.type === 'arm') {
      this.sides[command.slot] = command.side ?? 'only';
      leg?.arm(command.call, command.endpoint);
    } else if (command.type === 'connect') {
      leg?.connect(command.media);
    } else if (command.type === 'update') {
      leg?.update(command.media);
    } else if (command.type === 'press') {
      leg?.press(command.keys);
    } else {
      leg?.release(command.endedAtNs);
    }
  }

  /** Does all ticks that are due. A stream whose deadline is more than a ptime ago is not served for it, only counted. */
  run(nowNs: number): void {
    const ptimeNs = this.setup.ptimeMs * NS_PER_MS;
    for (; this.nextTickNs <= nowNs; this.tickIndex++) {
      const dueNs = this.nextTickNs;
      const skip = this.now() - dueNs > ptimeNs;
      if (this.tickIndex % 1000 === 0) {
        this.checkClock(this.tickIndex / 1000); // before the first arrivals of this second are converted
      }
      const legs = this.phases[this.tickIndex % this.phases.length] ?? [];
      // All sends first, one right behind the other: none waits for the reading of another leg, and who gets them is woken once.
      for (const leg of legs) {
        leg.serve(dueNs, skip);
      }
      for (const leg of legs) {
        leg.fetch(dueNs);
      }
      this.sockets.submit();
      for (const leg of legs) {
        leg.listen(dueNs);
      }
      this.closeAt(this.tickIndex % 1000, Math.floor(this.tickIndex / 1000));
    }
  }

  /** Ends everything now: closes what is open and reports what is left. */
  finish(nowNs: number): void {
    if (Number.isFinite(this.context.epochNs)) {
      this.closeSeconds(nowNs);
    }
    for (const leg of this.legs) {
      leg.close();
    }
  }

  private closeSeconds(nowNs: number): void {
    const current = Math.floor((nowNs - this.context.epochNs) / NS_PER_SECOND);
    for (const leg of this.legs) {
      if (leg.state === 'live') {
        leg.release(nowNs);
      }
    }
    // From the second that was in its turn: this thread may be late, and a leg knows which ones it has closed.
    const inTurn = Math.floor(this.tickIndex / 1000) - CLOSE_DELAY_SECONDS - 1;
    this.noteHealth(current);
    for (let second = Math.max(0, Math.min(inTurn, current)); second <= current; second++) {
      this.legs.forEach((leg, slot) => this.closeLeg(leg, slot, second));
      this.send(second);
    }
  }

  /** A part of the closing of a second, each tick a few legs. */
  private closeAt(tickOfSecond: number, second: number): void {
    const closing = second - CLOSE_DELAY_SECONDS - 1;
    if (tickOfSecond === HEALTH_TICK && second > 0) {
      this.noteHealth(second - 1);
    }
    if (tickOfSecond === CLOSE_TICKS && closing >= 0) {
      this.send(closing);
    }
    if (tickOfSecond >= CLOSE_TICKS) {
      return;
    }
    for (let slot = tickOfSecond; slot < this.legs.length; slot += CLOSE_TICKS) {
      const leg = this.legs[slot] as MediaLeg;
      leg.serveSecond();
      if (closing >= 0) {
        this.closeLeg(leg, slot, closing);
      }
    }
  }

  private closeLeg(leg: MediaLeg, slot: number, second: number): void {
    const side = this.sides[slot] ?? 'only';
    if (side !== 'only') {
      if (closeTwoLegSecond(leg, side, second, this.tables)) {
        this.owners[slot]?.postMessage({ type: 'free', slot, totals: null } satisfies SlotReport);
      }
      return;
    }
    const before = this.totals.count;
    if (leg.closeSecond(second, this.rows, this.totals)) {
      const totals = this.totals.copyOf(before); // the received direction comes first
      this.owners[slot]?.postMessage({ type: 'free', slot, totals } satisfies SlotReport);
    }
  }

  private checkClock(second: number): void {
    this.clockStepped = this.sockets.sampleClock(() => {
      for (const leg of this.legs) {
        leg.drain();
      }
    });
    if (this.clockStepped) {
      for (const leg of this.legs) {
        leg.voidJitter(second - 1);
      }
    }
  }

  private send(second: number): void {
    const captures = this.taps?.take() ?? [];
    this.report({
      type: 'media',
      worker: this.setup.index,
      second,
      rows: this.rows.take(),
      legs: this.totals.take(),
      ...this.healthReport.take(),
      clockStepped: this.clockStepped,
      ...(captures.length > 0 && { captures }),
    });
    this.clockStepped = false;
  }

  /** Of the second that has just ended, or that the engine ends in. */
  private noteHealth(second: number): void {
    const failed = this.sockets.sendErrors();
    this.health.sendErrors += failed - this.sendErrorsTold;
    this.sendErrorsTold = failed;
    // Who is late catches up with its seconds at once, and what it sees then is not of the first of them.
    const current = Math.floor((this.now() - this.context.epochNs) / NS_PER_SECOND);
    this.dropsTold = second < current - 1 ? this.dropsTold : this.drops();
    this.healthReport.note(second, this.dropsTold);
  }

  /** Of the sockets that know theirs; null when none does. */
  private drops(): number | null {
    let sum: number | null = null;
    for (const leg of this.legs) {
      const drops = leg.drops();
      if (drops !== null) {
        sum = (sum ?? 0) + drops;
      }
    }
    return sum;
  }
}

function legContext(parts: {
  setup: MediaWorkerSetup;
  sockets: DatagramSockets;
  health: MediaHealth;
  now: () => number;
}): LegContext {
  const { setup, sockets, health, now } = parts;
  // A caller and an answerer of one seed must not choose the same SSRCs: that would look like our own packets reflected.
  const random = createRandom(deriveSeed(setup.seed ^ (setup.source === 'echo' ? ECHO_SEED : 0), setup.index));
  const cnameToken = `${random.nextUint32().toString(36)}${random.nextUint32().toString(36)}`;
  const contexts = setup.clips.map((clip) => codecContext(clip, setup.ptimeMs));
  if (setup.suppressesSilence === true) {
    contexts.forEach((context) => clipSilenceOf(context, setup.ptimeMs));
  }
  return {
    sockets,
    epochNs: Number.POSITIVE_INFINITY,
    ptimeMs: setup.ptimeMs,
    source: setup.source,
    codecs: new Map(contexts.map((context) => [context.codec.name, context])),
    rtcp: { clock: new NtpClock(now(), Date.now()), random: () => random.nextUint32() / 2 ** 32 },
    // RFC 7022 §4.2: it names no host and no user.
    cnameOf: (call) => `${cnameToken}-${call}`,
    health,
    now,
    nextUint32: () => random.nextUint32(),
  };
}
