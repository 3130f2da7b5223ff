import { describe, expect, it } from 'vitest';
import type { AgreedMedia } from '../../../src/call/negotiation.js';
import { CaptureReader } from '../../../src/capture/capture-reader.js';
import { DatagramReader } from '../../../src/capture/datagram-reader.js';
import { fileHeader } from '../../../src/capture/pcapng-writer.js';
import { RtpHeader } from '../../../src/rtp/packet.js';
import type { CapturePart, CaptureSetup } from '../../../src/worker/messages.js';
import { addressNumber, type Destination } from '../../../src/net/datagram.js';
import { LegTaps } from '../../../src/worker/leg-tap.js';
import { ANSWERER, arm, CALLER, connect, EPOCH_NS, MS, release, rtp, Worker } from './engine-pair.js';
import { MemoryNetwork, MemorySockets } from './memory-sockets.js';
import { remoteMedia } from './remote-media.js';

const WALL = { seconds: 1_700_000_000, ns: 500 };

interface Packet {
  readonly from: string;
  readonly to: string;
  readonly isInbound: boolean;
  readonly captured: number;
  readonly length: number;
  readonly atNs: number;
  readonly sequence: number | null;
}

/** What Wireshark would see of the parts of a call. */
function packetsOf(parts: readonly CapturePart[]): Packet[] {
  const datagrams = new DatagramReader();
  const header = new RtpHeader();
  const packets: Packet[] = [];
  for (const { bytes } of parts) {
    const reader = new CaptureReader((packet) => {
      expect(datagrams.read(packet)).toBeNull();
      const { source, destination, sourcePort, destinationPort, payload, length } = datagrams.datagram;
      const isRtp = header.parse(payload, length) === 'rtp';
      packets.push({
        from: `${source.join('.')}:${sourcePort}`,
        to: `${destination.join('.')}:${destinationPort}`,
        isInbound: packet.isInbound,
        captured: payload.length,
        length,
        atNs: ((packet.time?.seconds ?? 0) - WALL.seconds) * 1e9 + (packet.time?.ns ?? 0) - WALL.ns,
        sequence: isRtp ? header.sequence : null,
      });
    });
    reader.push(fileHeader('', ''));
    reader.push(bytes);
  }
  return packets;
}

/** A call of 4 s with an echo. @param capture of the caller */
async function call(
  capture: Partial<CaptureSetup>,
  {
    failed = false,
    number = 0,
    loses = () => false,
  }: { failed?: boolean; number?: number; loses?: (from: string) => boolean } = {},
) {
  const network = new MemoryNetwork();
  network.lose = (_, from) => loses(from);
  const setup: CaptureSetup = {
    calls: [],
    audio: false,
    hidesKeys: false,
    maxBytes: 1e6,
    wallOffset: WALL,
    ...capture,
  };
  const caller = new Worker(network, CALLER, { capture: setup });
  const answerer = new Worker(network, ANSWERER, { source: 'echo' });
  await Promise.all([caller.open(1), answerer.open(1)]);
  network.nowNs = EPOCH_NS;
  caller.engine.begin(EPOCH_NS);
  answerer.engine.begin(EPOCH_NS);
  const advanceTo = (ms: number): void => {
    for (; network.nowNs < EPOCH_NS + ms * MS; network.nowNs += MS) {
      caller.engine.run(network.nowNs);
      answerer.engine.run(network.nowNs);
    }
  };
  arm(caller, 0, number);
  arm(answerer, 0, number);
  connect(caller, ANSWERER);
  connect(answerer, CALLER);
  advanceTo(4000);
  release(caller, 3999);
  advanceTo(4500); // the far side sends on for a while
  release(answerer, 4500);
  if (failed) caller.engine.command({ type: 'keep-headers', calls: [number] });
  advanceTo(9000);
  const parts = caller.batches.flatMap(({ captures = [] }) => captures);
  return { network, parts, packets: packetsOf(parts), leg: caller.legs[0] };
}

describe('a sampled leg', () => {
  it('leaves all its packets, as headers, second by second', async () => {
    const { parts, packets, leg, network } = await call({ calls: [0] });
    expect(parts.map(({ call: number, why, codec, payloadTypes }) => [number, why, codec, payloadTypes])).toEqual(
      parts.map(() => [0, 'sample', 'PCMU', [0]]),
    );
    expect(parts.map(({ isLast }) => isLast)).toEqual([...parts.slice(1).map(() => false), true]);
    expect(parts.every(({ isWhole }) => isWhole)).toBe(true);
    const rtp = packets.filter(({ sequence }) => sequence !== null);
    const received = rtp.filter(({ isInbound }) => isInbound);
    const sent = rtp.filter(({ isInbound }) => !isInbound);
    expect([received.length, sent.length]).toEqual([leg?.received, leg?.sent]);
    expect(rtp.every(({ captured, length }) => captured === 12 && length === 172)).toBe(true);
    expect(new Set(received.map(({ from, to }) => `${from} ${to}`))).toEqual(new Set(['10.0.0.2:4000 10.0.0.1:4000']));
    expect(new Set(sent.map(({ from, to }) => `${from} ${to}`))).toEqual(new Set(['10.0.0.1:4000 10.0.0.2:4000']));
    const wire = network.sent.filter(({ from, packet }) => from === '10.0.0.1:4000' && packet.length === 172);
    expect(sent.map(({ atNs }) => atNs)).toEqual(wire.map(({ atNs }) => atNs));
    const rtcp = packets.filter(({ sequence }) => sequence === null);
    expect(rtcp.length).toBeGreaterThan(0);
    expect(rtcp.every(({ captured, length }) => captured === length)).toBe(true);
    expect(new Set(rtcp.map(({ from, to }) => [from, to].toSorted().join(' ')))).toEqual(
      new Set(['10.0.0.1:4001 10.0.0.2:4001']),
    );
  });

  it('leaves what is said in them where that is wanted', async () => {
    const { packets } = await call({ calls: [0], audio: true });
    expect(packets.filter(({ sequence }) => sequence !== null).every(({ captured }) => captured === 172)).toBe(true);
  });

  it.each([
    [true, [172, 12, 12, 172]],
    [false, [172, 16, 16, 172]],
  ])('leaves of keys that are pressed no more than headers where they are to be hidden: %s', (hidesKeys, captured) => {
    const taps = new LegTaps({ calls: [0], audio: true, hidesKeys, maxBytes: 1e6, wallOffset: WALL }, '192.0.2.1', 20);
    const tap = taps.open(4000);
    tap.arm(0);
    tap.agree(remoteMedia({ address: '192.0.2.9', eventPayloadTypes: [101], eventSendPayloadType: 96 }));
    const sockets = new MemorySockets(new MemoryNetwork());
    const to = { address: '192.0.2.9', port: 6000 } as Destination;
    for (const [payloadType, length] of [
      [0, 172],
      [101, 16],
    ] as const) {
      sockets.data.set(rtp({ payloadType, marker: true }));
      tap.received(sockets, length);
    }
    tap.sent(rtp({ payloadType: 96, marker: true }), 16, EPOCH_NS, to);
    tap.sent(rtp({ payloadType: 8 }), 172, EPOCH_NS, to);
    tap.close(false);
    expect(packetsOf(taps.take()).map((packet) => packet.captured)).toEqual(captured);
  });

  it('leaves no more than its bound, and says so', async () => {
    const { parts } = await call({ calls: [0], maxBytes: 10_000 });
    const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
    expect(bytes).toBeGreaterThan(9000);
    expect(bytes).toBeLessThanOrEqual(10_200);
    expect(parts.at(-1)).toMatchObject({ isWhole: false, isLast: true });
  });
});

describe('a leg over IPv6', () => {
  it('has the address of the SDP where packets come from there, and none where a stranger sends', () => {
    const setup = { calls: [0], audio: false, hidesKeys: false, maxBytes: 1e6, wallOffset: WALL };
    const taps = new LegTaps(setup, '2001:db8::1', 20);
    const tap = taps.open(4000);
    tap.arm(0);
    tap.agree(remoteMedia({ address: '2001:db8::9' }));
    const sockets = new MemorySockets(new MemoryNetwork());
    sockets.data.set(rtp({ sequence: 1 }));
    for (const address of ['2001:db8:0::9', '2001:db8::bad']) {
      sockets.sourceAddress = addressNumber(address) ?? 0;
      sockets.sourcePort = 6000;
      tap.received(sockets, 172);
    }
    tap.sent(rtp({ sequence: 2 }), 172, 0, sockets.destination('2001:db8::9', 6000));
    tap.close(false);
    const ends = packetsOf(taps.take()).map(({ from, to }) => [from, to].map((end) => end.split(/[.:]/).slice(-2)));
    // The last octet and the port of both ends.
    expect(ends).toEqual([
      [
        ['9', '6000'],
        ['1', '4000'],
      ],
      [
        ['0', '6000'],
        ['1', '4000'],
      ],
      [
        ['1', '4000'],
        ['9', '6000'],
      ],
    ]);
  });
});

/** Of a leg under SRTP to which one packet of 182 bytes came, with 172 in it. */
function sealedParts(audio: boolean): CapturePart[] {
  const taps = new LegTaps({ calls: [0], audio, hidesKeys: false, maxBytes: 1e6, wallOffset: WALL }, '192.0.2.1', 20);
  const tap = taps.open(4000);
  tap.arm(0);
  const key = new Uint8Array(30);
  const srtp = { protocol: 'RTP/SAVP', suite: 'AES_CM_128_HMAC_SHA1_80', localKey: key, remoteKey: key };
  tap.agree({ ...remoteMedia({ address: '192.0.2.9' }), srtp } as unknown as AgreedMedia);
  const sockets = new MemorySockets(new MemoryNetwork());
  sockets.data.set(rtp({ sequence: 1 }));
  tap.received(sockets, 182);
  tap.receivedOpened(sockets, 172);
  tap.close(false);
  return taps.take();
}

describe('a sampled leg under SRTP', () => {
  it('is captured as it is on the wire, and what was in the packets stands beside it for the sound', () => {
    const parts = sealedParts(true);
    expect(parts).toMatchObject([{ why: 'sample', codec: 'PCMU', packets: 1 }]);
    expect(packetsOf(parts)).toMatchObject([{ captured: 182, length: 182, sequence: 1 }]);
    const bytes = parts[0]?.opened ?? new Uint8Array(0);
    expect(packetsOf([{ ...parts[0]!, bytes }])).toMatchObject([
      { captured: 172, length: 172, sequence: 1, to: '192.0.2.1:4000' },
    ]);
  });

  it('keeps nothing opened where no audio is asked for', () =>
    expect(sealedParts(false)).toMatchObject([{ packets: 1, opened: null }]));
});

describe('any other leg', () => {
  it('leaves nothing when all went well', async () => {
    expect((await call({ calls: [1] })).parts).toEqual([]);
  });

  it('leaves the headers of its last two seconds when its call has failed', async () => {
    const { parts, packets, network } = await call({}, { failed: true, number: 7 });
    expect(parts).toMatchObject([{ call: 7, why: 'failed', isLast: true, packets: packets.length }]);
    const both = [packets.filter(({ isInbound }) => isInbound), packets.filter(({ isInbound }) => !isInbound)];
    for (const way of both) {
      expect(way.length).toBeGreaterThanOrEqual(95);
      expect(way.every(({ captured, length }) => captured === 12 && length === 172)).toBe(true);
    }
    const times = packets.map(({ atNs }) => (atNs - EPOCH_NS) / MS);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1900);
    expect(Math.max(...times)).toBeLessThanOrEqual(4000); // what came after the end is none of the call
    const sent = network.sent.filter(({ from, packet }) => from === '10.0.0.1:4000' && packet.length === 172);
    expect(both[1]?.at(-1)?.atNs).toBe(sent.at(-1)?.atNs);
  });

  it('leaves them unasked when it heard nothing', async () => {
    const { parts, packets } = await call({}, { loses: (from) => from.startsWith(ANSWERER) });
    expect(parts).toMatchObject([{ call: 0, why: 'failed', isLast: true }]);
    expect(packets.every(({ isInbound }) => !isInbound)).toBe(true);
    expect(packets.length).toBeGreaterThan(95);
  });
});
