/**
 * Entry of a media worker thread. Two drivers for one engine: a loop that blocks until absolute deadlines and reads its
 * commands itself (libc), and timers of the event loop (dgram, whose callbacks need the thread to yield).
 */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { messageOf } from '../lib/errors.js';
import { monotonicNs, NS_PER_MS } from '../lib/clock.js';
import { NetError } from '../net/datagram.js';
import { DgramSockets } from '../net/dgram.js';
import { ImpairedSockets } from '../net/impaired-sockets.js';
import { type Libc, LibcSockets, loadLibc } from '../net/libc.js';
import { FloorProbe } from './floor-probe.js';
import { MediaEngine } from './media-engine.js';
import type { MediaBatch, MediaCommand, MediaReport, MediaWorkerSetup, SlotCommand, SlotReport } from './messages.js';

/** So many commands between two ticks: a flood of them must not make the audio late. */
const COMMANDS_PER_TICK = 256;
/** Slots opened between two ticks. */
const SLOTS_PER_TURN = 8;
/** The probe's port is the first free one from here on: above what Linux and IANA's dynamic range give out by themselves. */
const FLOOR_PORT = 61_000;
/** Of Linux; and above it stand the kernel's own threads, which audio needs too. */
const SCHED_FIFO = 1;
const REALTIME_PRIORITY = 10;
/** Commands are looked for this often before the run begins. */
const IDLE_NS = 5 * NS_PER_MS;

class MediaThread {
  private readonly channels: MessagePort[] = [];
  private readonly growth: { readonly owner: MessagePort; count: number }[] = [];
  private stopping = false;

  constructor(
    private readonly port: MessagePort,
    private readonly engine: MediaEngine,
    private readonly probe: FloorProbe | null,
    /** The bad link that holds packets back; null: none. */
    private readonly link: ImpairedSockets | null,
  ) {}

  /** libc: this thread never yields to its event loop, so it takes messages off their ports by hand. */
  async runBlocking(sockets: LibcSockets): Promise<void> {
    while (!this.stopping) {
      this.takeMessages();
      await this.grow();
      this.runDue();
      sockets.sleepUntil(this.nextWakeNs());
    }
  }

  /** dgram: the same, with a timer's turn of the event loop between two rounds. */
  async runOnTimers(): Promise<void> {
    while (!this.stopping) {
      this.takeMessages();
      await this.grow();
      this.runDue();
      const pauseMs = Math.max(0, (this.nextWakeNs() - monotonicNs()) / NS_PER_MS);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  private runDue(): void {
    this.engine.run(monotonicNs());
    if (this.engine.begun) {
      this.probe?.serve(monotonicNs());
    }
    this.link?.flush(monotonicNs());
  }

  private nextWakeNs(): number {
    const nextFlushNs = this.link?.nextFlushNs ?? Number.POSITIVE_INFINITY;
    return Math.min(this.engine.nextTickNs, nextFlushNs, monotonicNs() + IDLE_NS);
  }

  private takeMessages(): void {
    for (let i = 0; i < COMMANDS_PER_TICK; i++) {
      const received = receiveMessageOnPort(this.port);
      if (received === undefined) {
        break;
      }
      this.obey(received.message as MediaCommand);
    }
    for (const channel of this.channels) {
      this.takeSlotCommands(channel);
    }
  }

  private takeSlotCommands(channel: MessagePort): void {
    for (let i = 0; i < COMMANDS_PER_TICK; i++) {
      const received = receiveMessageOnPort(channel);
      if (received === undefined) {
        return;
      }
      const command = received.message as SlotCommand;
      if (command.type === 'grow') {
        this.growth.push({ owner: channel, count: command.count });
      } else {
        this.engine.command(command);
      }
    }
  }

  private obey(command: MediaCommand): void {
    if (command.type === 'stop') {
      this.stopping = true;
      return;
    }
    if (command.type === 'begin') {
      this.engine.begin(command.epochNs);
      return;
    }
    this.channels.push(command.port);
    this.growth.push({ owner: command.port, count: command.slots });
  }

  /** Opens what is asked for: all of it before the run begins, and then a few a turn, since each costs audio time. */
  private async grow(): Promise<void> {
    const request = this.growth[0];
    if (request === undefined) {
      return;
    }
    const count = this.engine.begun ? Math.min(request.count, SLOTS_PER_TURN) : request.count;
    const opened = await this.open(request.owner, count, count < request.count);
    request.count -= count;
    if (request.count === 0 || opened < count) {
      this.growth.shift();
    }
  }

  private async open(owner: MessagePort, count: number, more: boolean): Promise<number> {
    try {
      return await this.engine.open(count, owner, more);
    } catch (error) {
      const code = error instanceof NetError ? error.code : 'other';
      send({ type: 'cannot-open', code, message: messageOf(error) });
      const shortage = this.engine.slotShortage;
      owner.postMessage({
        type: 'slots',
        slots: [],
        more: false,
        ...(shortage !== null && { shortage }),
      } satisfies SlotReport);
      return 0;
    }
  }
}

function send(report: MediaReport): void {
  const transfer = report.type === 'media' ? buffersOf(report) : [];
  parentPort?.postMessage(report, transfer as ArrayBuffer[]);
}

/** Moved, not copied. */
function buffersOf({ rows, legs, captures = [] }: MediaBatch): ArrayBufferLike[] {
  return [rows.buffer, legs.buffer, ...captures.map(({ bytes }) => bytes.buffer)];
}

/** With the floor that this worker has measured beside it. */
function sendBatch(batch: MediaBatch, probe: FloorProbe | null): void {
  const floor = probe?.take(batch.clockStepped);
  send(floor === undefined ? batch : { ...batch, floor });
}

/** Lets this thread go before all of the usual kind; null, or why not. */
function refusalOfPriority(libc: Libc | null): string | null {
  if (libc === null) {
    return 'the threads for RTP cannot go before others here: that needs Linux and the native back end';
  }
  const isSet = libc.schedSetscheduler(0, SCHED_FIFO, Int32Array.of(REALTIME_PRIORITY)) === 0;
  return isSet ? null : 'the kernel does not let the threads for RTP go before others (SCHED_FIFO)';
}

async function main(port: MessagePort, setup: MediaWorkerSetup): Promise<void> {
  const libc = setup.backend === 'dgram' ? null : await loadLibc();
  const libcSockets =
    libc === null ? null : new LibcSockets(libc, { dscp: setup.dscp, ring: setup.backend === 'auto' });
  const refusal = setup.realtime === true ? refusalOfPriority(libc) : null;
  if (refusal !== null) {
    send({ type: 'cannot-open', code: 'no-priority', message: refusal });
    port.close();
    return;
  }
  const plain = libcSockets ?? new DgramSockets();
  const { impairment, seed, ptimeMs } = setup;
  const link =
    impairment === undefined ? null : new ImpairedSockets(plain, { impairment, seed, ptimeMs, now: monotonicNs });
  const probe = await FloorProbe.open(plain, { firstPort: FLOOR_PORT + setup.index, now: monotonicNs });
  const engine = new MediaEngine(setup, link ?? plain, monotonicNs, (batch) => sendBatch(batch, probe));
  const thread = new MediaThread(port, engine, probe, link);
  send({ type: 'ready', backend: plain.backend });
  await (libcSockets === null ? thread.runOnTimers() : thread.runBlocking(libcSockets));
  engine.finish(monotonicNs());
  probe?.close();
  if (link !== null) {
    send({ type: 'impaired', counts: link.counts() });
  }
  libcSockets?.end();
  port.close();
}

if (parentPort !== null) {
  await main(parentPort, workerData as MediaWorkerSetup);
}
