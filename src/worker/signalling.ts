/**
 * Entry of a signalling worker thread: its sockets and user agents, the timers, and a driver (caller or answerer). Its
 * loop is in signalling-loop.ts.
 */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { CallTarget } from '../call/caller-call.js';
import { PacketTimeBook } from '../call/packet-times.js';
import type { SrtpWish } from '../call/srtp-keys.js';
import { monotonicNs, NS_PER_MS } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import { parseIp } from '../lib/ip-address.js';
import { formatHost } from '../sip/message/uri.js';
import type { TimerWheel } from '../sip/transaction/timer-wheel.js';
import type { OpenAgent, Agents } from './agents.js';
import { AnswererDriver } from './answerer-driver.js';
import type { CallLadders } from './call-ladders.js';
import { CallerDriver } from './caller-driver.js';
import type { Driver } from './driver.js';
import { answererFlow, callerFlow, onlyReplayed, sdpCodecOf } from './flows.js';
import { probeTarget } from './probe.js';
import { SinkSlots, SlotPool } from './slot-pool.js';
import { OptionsRtt } from './options-rtt.js';
import { hasFailed, type CallLadder, type CallRecord, type LadderReport } from './messages.js';
import type { RegistrationFigures, SignallingCommand } from './messages.js';
import type { SignallingReport, SignallingSetup, SipCounts } from './messages.js';
import { writeRecords } from './record-table.js';
import { LONGEST_PAUSE_MS, SignallingLoop } from './signalling-loop.js';
import { openParts, type ThreadParts } from './signalling-parts.js';
import { createUsers, type Users } from './users.js';

/** Figures of far ends that come after the last call go up this often. */
const LAST_FIGURES_MS = 100;
/** An answerer that stops waits so long for the answers to its last reports. */
const LAST_REPORTS_MS = 500;

class SignallingThread {
  private readonly userAgent: OpenAgent['userAgent'];
  private readonly pool: SlotPool | null;
  private readonly slots: SlotPool | SinkSlots;
  private readonly loop: SignallingLoop;
  private driver: Driver | null = null;
  private epochNs = 0;
  private reportedSecond = -1;
  private finishedReported = false;
  private readonly packetTimes = new PacketTimeBook();
  private reportedAtMs = 0;
  private readonly optionsRtt: OptionsRtt | null;
  /** An answerer keeps none: the caller's side tells of the calls. */
  private readonly ladders: CallLadders | null;

  private readonly wheel: TimerWheel;
  private readonly mayReach: (host: string) => boolean;
  private readonly agents: Agents;
  private readonly targets: readonly CallTarget[];
  /** Who registers and calls; null: nobody in particular. */
  private readonly users: Users | null;

  constructor(
    private readonly setup: SignallingSetup,
    { wheel, mayReach, agents, targets, ladders }: ThreadParts,
    private readonly report: (message: SignallingReport) => void,
  ) {
    const advertised = setup.advertise ?? setup.localAddress;
    this.wheel = wheel;
    this.mayReach = mayReach;
    this.agents = agents;
    this.targets = targets;
    this.ladders = ladders;
    this.userAgent = agents.udp.userAgent;
    this.optionsRtt = this.createOptionsRtt();
    this.users = createUsers(setup, targets[0], {
      userAgent: this.userAgent,
      openLine: agents.openLine,
      timers: wheel,
      now: agents.now,
      onSecondLeg: (call, invite) => ladders?.log.openOtherEnd(this.callIdOf(call), invite),
    });
    this.pool = setup.sinkPort === null ? new SlotPool(advertised) : null;
    agents.onLearned = (host) => {
      if (this.pool !== null) {
        this.pool.address = host;
      }
    };
    this.slots = this.pool ?? new SinkSlots(advertised, setup.sinkPort ?? 0);
    this.keepAlive();
    this.loop = this.createLoop();
    this.loop.turn();
  }

  async obey(command: SignallingCommand): Promise<void> {
    switch (command.type) {
      case 'media':
        await this.pool?.join(command.port);
        this.report({ type: 'slots-open', opened: this.pool?.opened ?? 0, shortage: this.pool?.shortage ?? null });
        break;
      case 'wait':
        this.report({ type: 'waited', reachable: await this.waitForTargets(command.timeoutMs) });
        break;
      case 'register':
        this.userAgent.counters.reset(); // what was asked while waiting is no part of the run
        await this.users?.register((figures, isSettled) => this.reportUsers(figures, isSettled));
        break;
      case 'begin':
        this.epochNs = command.epochNs;
        if (this.users === null) {
          this.userAgent.counters.reset();
        }
        this.driver = this.createDriver();
        this.optionsRtt?.start();
        this.loop.countsDelays = true;
        this.loop.turn();
        break;
      case 'media-lost':
        this.pool?.lose(command.worker);
        break;
      case 'drain':
        this.optionsRtt?.stop();
        this.driver?.drain(command.cause);
        break;
      case 'ladders':
        this.reportLadders('asked', this.ladders?.read(command.callIds));
        break;
      case 'stop':
        await this.stop();
        break;
    }
  }

  private createLoop(): SignallingLoop {
    return new SignallingLoop({
      socket: this.agents.socket,
      isDatagramOnly: () => this.agents.isDatagramOnly,
      step: (nowNs) => this.step(nowNs),
      nextNs: () => {
        const nextMs = this.driver?.nextMs ?? null;
        return nextMs === null ? null : this.epochNs + nextMs * NS_PER_MS;
      },
    });
  }

  private createDriver(): Driver {
    const { setup, slots, wheel, userAgent, epochNs } = this;
    const shared = {
      timers: wheel,
      slots,
      epochNs,
      now: this.agents.now,
      media: {
        codecs: setup.codecs,
        ptimeMs: setup.ptimeMs,
        rtcpXr: setup.rtcpXr === true,
        others: (setup.replayed ?? []).map(sdpCodecOf),
        takesAny: setup.takesAny === true,
        mayReach: this.mayReach,
        family: parseIp(setup.localAddress)?.family ?? 4,
        suppressesSilence: setup.suppressesSilence === true,
        listensForTones: setup.role.flow?.listensForTones === true,
      },
      packetTimes: this.packetTimes,
      ...srtpWish(setup),
    };
    const { role } = setup;
    if (role.type === 'answerer') {
      return new AnswererDriver(this.agents.listening.userAgent, userAgent, {
        ...shared,
        rejectStatus: role.rejectStatus,
        ringMs: role.ringMs,
        dropAfterMs: role.dropAfterMs,
        ...answererFlow(role),
      });
    }
    const { users } = this;
    users?.answer({ ...shared, slots: slots.forSide('callee') });
    return new CallerDriver({
      role,
      users: users?.calls ?? null,
      index: setup.index,
      workers: setup.workers,
      runToken: setup.runToken,
      farScore: onlyReplayed(setup),
      sipAddress: () => this.agents.figuresAddress,
      context: {
        ...shared,
        slots: role.users?.arePaired === true ? slots.forSide('caller') : slots,
        userAgent,
        endpoints: this.targets,
        holdMs: role.holdMs,
        ringTimeoutMs: role.ringTimeoutMs,
        expect: role.expect,
        ...callerFlow(role),
        ...(users?.calls.markers && { markers: users.calls.markers }),
        ...(users !== null && { calledLegTransfers: (call: number) => users.calls.transfersOf(call) }),
        callIdOf: (call) => this.callIdOf(call),
      },
      onRecord: (record) => this.ladders?.settle(record),
      onTooManyRefusals: (count, last) => {
        const what = last.sipStatus === null ? last.cause : `${last.sipStatus} ${last.cause}`;
        this.report({ type: 'stop-asked', detail: `${count} calls in a row failed, the last with ${what}` });
      },
    });
  }

  private callIdOf(call: number): string {
    const { runToken, advertise, localAddress } = this.setup;
    return `${runToken}-${call}@${formatHost(advertise ?? localAddress)}`;
  }

  /** One worker asks for all: more would only ask the same. */
  private createOptionsRtt(): OptionsRtt | null {
    const { setup, userAgent, wheel } = this;
    const { role } = setup;
    if (setup.index !== 0 || role.type !== 'caller' || role.optionsIntervalMs === null) {
      return null;
    }
    return new OptionsRtt({
      userAgent,
      timers: wheel,
      endpoints: this.targets,
      intervalMs: role.optionsIntervalMs,
      now: this.agents.now,
    });
  }

  /** Timers, calls that are due, and once a second the report. */
  private step(nowNs: number): void {
    this.wheel.advance(nowNs / NS_PER_MS);
    if (this.driver !== null) {
      const elapsedMs = (nowNs - this.epochNs) / NS_PER_MS;
      this.driver.run(elapsedMs);
      this.reportSeconds(elapsedMs, this.driver);
    }
  }

  private reportSeconds(elapsedMs: number, driver: Driver): void {
    const ended = Math.floor(elapsedMs / 1000) - 1;
    const finished = driver.finished && !this.finishedReported;
    // The run waits for these, and for nothing else any more.
    const awaited =
      this.finishedReported && driver.waitingFarLegs > 0 && elapsedMs - this.reportedAtMs >= LAST_FIGURES_MS;
    if (ended > this.reportedSecond || finished || awaited) {
      this.reportNow(elapsedMs, driver);
    }
  }

  private reportNow(elapsedMs: number, driver: Driver): void {
    const ended = Math.floor(elapsedMs / 1000) - 1;
    const finished = driver.finished && !this.finishedReported;
    if (finished) {
      this.optionsRtt?.stop();
    }
    this.reportedSecond = Math.max(ended, this.reportedSecond);
    this.finishedReported = driver.finished;
    this.reportedAtMs = elapsedMs;
    const records = driver.takeRecords();
    this.reportLadders('failed', this.ladders?.end(records));
    this.keepHeaders(records);
    this.report({
      type: 'signalling',
      worker: this.setup.index,
      second: finished ? Math.floor(elapsedMs / 1000) : ended,
      ...driver.counts,
      live: driver.liveCalls,
      records: writeRecords(records),
      loopDelayUs: this.loop.delayUs.take(),
      sip: this.sipCounts(),
      farLegs: driver.takeFarLegs(),
      ourAnswerers: driver.ourAnswerers,
      figures: driver.figures,
      ...(driver.keys !== undefined && { keys: { ...driver.keys } }),
      ...(driver.declinedTransfers !== undefined && { declinedTransfers: driver.declinedTransfers }),
      packetTimes: this.packetTimes.list(),
      seenAddress: this.agents.seenAddress,
      optionsRttMs: this.optionsRtt?.take() ?? new Float64Array(0),
      ...(this.users !== null && { registrations: this.users.figures() }),
      finished: driver.finished,
    });
  }

  private reportUsers(figures: RegistrationFigures, isSettled: boolean): void {
    this.report({ type: 'registering', worker: this.setup.index, figures, isSettled });
  }

  private keepHeaders(records: readonly CallRecord[]): void {
    const failed = records.filter(hasFailed).map(({ call }) => call);
    if (failed.length > 0) {
      this.pool?.keepHeaders(failed);
    }
  }

  private reportLadders(why: LadderReport['why'], ladders: readonly CallLadder[] = []): void {
    if (ladders.length > 0) {
      this.report({ type: 'ladders', why, ladders });
    }
  }

  private sipCounts(): SipCounts {
    const { counters } = this.userAgent;
    const responses: [string, number, number][] = [];
    for (const [method, byStatus] of counters.responsesReceived) {
      for (const [status, count] of byStatus) {
        responses.push([method, status, count]);
      }
    }
    return {
      requests: [...counters.requestsSent],
      retransmissions: [...counters.retransmissions],
      responses,
      malformed: counters.malformed,
      dropped: counters.overload + counters.droppedForks,
    };
  }

  private async waitForTargets(timeoutMs: number): Promise<boolean> {
    const { userAgent, wheel } = this;
    const probes = this.targets.map((target) => probeTarget(userAgent, wheel, target, timeoutMs));
    return (await Promise.all(probes)).every(Boolean);
  }

  /** The legs that ended with the media worker have just been measured: their runs hear of them, if it goes quickly. */
  private async sendLastReports(): Promise<void> {
    const endMs = monotonicNs() / NS_PER_MS + (this.setup.role.type === 'answerer' ? LAST_REPORTS_MS : 0);
    while (monotonicNs() / NS_PER_MS < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 2 * LONGEST_PAUSE_MS));
      if (this.driver === null || this.driver.pendingReports === 0) {
        return;
      }
    }
  }

  private async stop(): Promise<void> {
    await this.sendLastReports();
    if (this.driver !== null && !this.finishedReported) {
      this.driver.drain('stopped');
      this.driver.abandon('stopped');
    }
    await this.users?.unregister();
    this.loop.stop();
    if (this.driver !== null) {
      this.reportNow((monotonicNs() - this.epochNs) / NS_PER_MS, this.driver);
      this.reportLadders('last', this.ladders?.last());
    } else if (this.users !== null) {
      this.reportUsers(this.users.figures(), true);
    }
    this.pool?.close();
    await this.agents.close();
  }

  /** So that NATs and firewalls on the way keep it open; nothing goes to an endpoint without calls and users. */
  private keepAlive(): void {
    const { role, links } = this.setup;
    if (role.type !== 'caller' || links.keepAliveMs === 0) {
      return;
    }
    this.wheel.schedule(links.keepAliveMs, () => {
      if (this.users !== null || (this.driver?.liveCalls ?? 0) > 0) {
        role.endpoints.forEach((endpoint) => this.agents.keepAlive(endpoint));
      }
      this.keepAlive();
    });
  }
}

/** Keys are drawn from the system's own source, whatever the seed of the run. */
function srtpWish({ srtp }: SignallingSetup): { readonly srtp?: SrtpWish } {
  if (srtp === undefined) {
    return {};
  }
  const { use, suites } = srtp;
  return {
    srtp: { isRequired: use === 'required', suites, randomBytes: (count) => Uint8Array.from(randomBytes(count)) },
  };
}

async function main(port: MessagePort, setup: SignallingSetup): Promise<void> {
  const report = (message: SignallingReport): void =>
    port.postMessage(message, message.type === 'signalling' ? [message.records.numbers.buffer as ArrayBuffer] : []);
  let parts: ThreadParts;
  try {
    parts = await openParts(setup);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'other';
    report({ type: 'cannot-open', code, message: messageOf(error) });
    port.close();
    return;
  }
  const thread = new SignallingThread(setup, parts, report);
  // A rejection here is a fault of ours: the thread dies of it, and main says whose calls went with it.
  port.on('message', async (command: SignallingCommand) => {
    await thread.obey(command);
    if (command.type === 'stop') {
      port.close();
    }
  });
  const { requestedBytes, receiveBytes } = parts.agents.socket.buffers;
  report({
    type: 'ready',
    localPort: parts.agents.listening.transport.localAddress.port,
    bufferBytes: { requested: requestedBytes, granted: receiveBytes },
    dscp: parts.agents.dscp,
  });
}

if (parentPort !== null) {
  await main(parentPort, workerData as SignallingSetup);
}
