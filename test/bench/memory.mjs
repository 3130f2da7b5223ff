/**
 * What a live call holds in a media worker: the real engine over sockets in memory and a clock of its own, so that the figures are
 * the same on a busy machine. Bytes of a leg are a slope between two numbers of legs, after a full garbage collection.
 *   node --expose-gc test/bench/memory.mjs [--calls=500,1500] [--seconds=2] [--suites=AES_CM_128_HMAC_SHA1_80,AEAD_AES_128_GCM]
 */
import { flags, moduleUrl, printTable } from './bench.mjs';

const { MediaEngine } = await import(moduleUrl('worker/media-engine.js'));
const { srtpSuite } = await import(moduleUrl('lib/srtp-suite.js'));
const { SrtpSender } = await import(moduleUrl('rtp/srtp/sender.js'));

const PTIME_NS = 20e6;
const SAMPLES = 160;
const HEADER_BYTES = 12;
const PEER = '10.0.0.2';
const PEER_NUMBER = 0x0a00_0002;
const PEER_PORT = 4000;

/** A far side for each socket, which has sent a packet whenever the engine looks once a packet time. */
class FarSides {
  backend = 'libc';
  data = new Uint8Array(2048);
  arrivalNs = 0;
  sourceAddress = PEER_NUMBER;
  sourcePort = PEER_PORT;
  dscp = 46;
  sent = 0;
  nowNs = 0;
  #ports = [];
  #taken;
  #sender;

  /** @param sender protects what comes; null: it is in the clear */
  constructor(handles, sender) {
    this.#taken = new Float64Array(handles).fill(-1);
    this.#sender = sender;
  }

  async open(_address, port) {
    return this.#ports.push(port) - 1;
  }

  close() {}

  destination(address, port) {
    return { address, port, sockaddr: new Uint8Array(16) };
  }

  send() {
    this.sent++;
    return true;
  }

  queue(_handle, packet, _destination, sender) {
    this.sent++;
    sender.onSent(true, packet, packet.length);
  }

  fetch() {}

  submit() {}

  receive(handle) {
    const packet = Math.floor(this.nowNs / PTIME_NS);
    if (this.#ports[handle] % 2 === 1 || packet <= this.#taken[handle]) return -1;
    this.#taken[handle] = packet;
    const plain = new Uint8Array(HEADER_BYTES + SAMPLES).fill(0xff);
    const view = new DataView(plain.buffer);
    view.setUint16(0, 0x8000);
    view.setUint16(2, packet);
    view.setUint32(4, packet * SAMPLES);
    view.setUint32(8, 1_000_000); // each stream has a key of its own, if any: one sender does for all
    const bytes = this.#sender?.protectRtp(plain) ?? plain;
    this.data.set(bytes);
    this.arrivalNs = this.nowNs;
    return bytes.length;
  }

  drops() {
    return 0;
  }

  sendErrors() {
    return 0;
  }

  sampleClock() {
    return false;
  }
}

const owner = { postMessage() {} };

function mediaOf(suite) {
  const { keyBytes, saltBytes } = suite === null ? {} : srtpSuite(suite);
  const key = suite === null ? null : new Uint8Array(keyBytes + saltBytes).fill(7);
  return {
    address: PEER,
    port: PEER_PORT,
    rtcpAddress: PEER,
    rtcpPort: PEER_PORT + 1,
    rtcpMux: false,
    codec: 'PCMU',
    payloadType: 0,
    receivePayloadTypes: [0],
    eventPayloadTypes: [101],
    eventSendPayloadType: 101,
    comfortNoisePayloadTypes: [],
    isOurs: false,
    sends: true,
    receives: true,
    answeredAtNs: 0,
    ...(suite !== null && { srtp: { protocol: 'RTP/SAVP', suite, sendKey: key, receiveKey: key } }),
  };
}

/** What the last turn of the event loop still held, and buffers that are freed beside it, are gone as well. */
async function collected() {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, outside: external };
}

/** @returns bytes of `count` legs: opened, and live for some seconds */
async function bytesOf(count, { source, suite, captures, seconds }) {
  const sender = suite === null ? null : new SrtpSender(suite, mediaOf(suite).srtp.sendKey);
  const sockets = new FarSides(2 * count + 2, sender);
  const payloads = new Uint8Array(SAMPLES * 50).fill(0x55);
  const setup = {
    kind: 'media',
    index: 0,
    workers: 1,
    backend: 'auto',
    dscp: 46,
    localAddress: '10.0.0.1',
    rtpPorts: { first: 10_000, last: 30_000 },
    source,
    ptimeMs: 20,
    clips: [{ codec: 'PCMU', payloads, bytesPerPacket: SAMPLES, packetCount: 50 }],
    seed: 1,
    ...(captures && { capture: { calls: [], maxBytes: 0, audio: false, wallOffset: { seconds: 0, ns: 0 } } }),
  };
  const before = await collected();
  const engine = new MediaEngine(
    setup,
    sockets,
    () => sockets.nowNs,
    () => {},
  );
  await engine.open(count, owner);
  engine.begin(0);
  const opened = await collected();
  const media = mediaOf(suite);
  for (let slot = 0; slot < count; slot++) {
    engine.command({ type: 'arm', slot, call: slot, endpoint: 0 });
    engine.command({ type: 'connect', slot, media: structuredClone(media) });
  }
  for (; sockets.nowNs < seconds * 1e9; sockets.nowNs += 1e6) engine.run(sockets.nowNs);
  const live = await collected();
  if (sockets.sent === 0) throw new Error('nothing was sent');
  engine.run(sockets.nowNs); // it is needed until here
  return { opened: difference(before, opened), live: difference(before, live) };
}

const difference = (from, to) => ({ heap: to.heap - from.heap, outside: to.outside - from.outside });
const sum = ({ heap, outside }) => heap + outside;

async function slopeOf(options, [few, many]) {
  await bytesOf(few, options); // what is compiled and kept once
  const [small, large] = [await bytesOf(few, options), await bytesOf(many, options)];
  const each = (pick) => (pick(large) - pick(small)) / (many - few);
  return {
    'B/slot at rest': each(({ opened }) => sum(opened)),
    'B/live leg': each(({ live }) => sum(live)),
    'of it heap': each(({ live }) => live.heap),
    outside: each(({ live }) => live.outside),
  };
}

if (globalThis.gc === undefined) {
  process.stderr.write('run it with --expose-gc\n');
  process.exit(2);
}
const SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'];
const { calls, seconds, suites } = flags({ calls: [500, 1500], seconds: 2, suites: SUITES });
const KINDS = [
  { leg: 'caller', source: 'clip', suite: null, captures: false },
  { leg: 'caller, headers kept', source: 'clip', suite: null, captures: true },
  { leg: 'answerer, echo', source: 'echo', suite: null, captures: false },
  ...suites.map((suite) => ({ leg: `caller, ${suite}`, source: 'clip', suite, captures: false })),
];
const rows = [];
for (const kind of KINDS) rows.push({ leg: kind.leg, ...(await slopeOf({ ...kind, seconds }, calls)) });
printTable('memory of a media worker, by leg', rows);
