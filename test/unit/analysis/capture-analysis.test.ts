import { SRTP_SUITE_NAMES, srtpSuite } from '../../../src/lib/srtp-suite.js';
import { SrtpSender } from '../../../src/rtp/srtp/sender.js';
import { describe, expect, it } from 'vitest';
import { end, rtpPacket, zeros } from '../capture/packets.js';
import { A, B, receiverReport, request, response, sdp, senderReport, Tape } from './captures.js';

/** G.107 as the reports print it: R 93.2 is MOS 4.41. */
const CLEAN_MOS = 4.409;

describe('a stream without signalling', () => {
  it('is found by its packets, and is whole', () => {
    const { streams, packets, startedAt, durationMs } = new Tape().stream(0, 200).analyse();
    expect(startedAt).toBe('2023-11-14T22:13:20.000Z');
    expect(durationMs).toBe(199 * 20);
    expect(packets).toMatchObject({ total: 200, udp: 200, rtp: 200, rtcp: 0, sip: 0 });
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatchObject({
      source: '192.0.2.1:4000',
      destination: '192.0.2.9:6000',
      ssrc: '12345678',
      codec: 'PCMU',
      clockRate: 8000,
      callId: null,
      packets: 200,
      expected: 200,
      received: 200,
      lost: 0,
      lossRatio: 0,
      discarded: 0,
      duplicate: 0,
      reordered: 0,
      jitterMs: 0,
      jitterMaxMs: 0,
      mosLqWb: null,
      badSeconds: { count: 0, list: [] },
    });
    expect(streams[0]?.mosLq).toBeCloseTo(CLEAN_MOS, 2);
  });

  it('has its losses in the seconds in which they were due, and a MOS by hand', () => {
    const lost = [60, 61, 120];
    const [stream] = new Tape().stream(0, 200, { lost }).analyse().streams;
    expect(stream).toMatchObject({ packets: 197, expected: 200, received: 197, lost: 3, lossRatio: 0.015 });
    expect(stream?.badSeconds.list.map(({ second, lost: count }) => [second, count])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    // Two losses in a row and one alone: mean run 1.5 over 1/(1 − 0.015), so BurstR 1.4775; G.107 (7-29) with Bpl 25.1.
    const burstR = 1.5 * (1 - 0.015);
    expect(stream?.burstR).toBeCloseTo(burstR, 6);
    expect(stream?.rFactor).toBeCloseTo(93.2062 - (95 * 1.5) / (1.5 / burstR + 25.1), 3);
  });

  it('has the jitter of RFC 3550 A.8: on 0 and 8 ms in turn it climbs towards 8', () => {
    const [stream] = new Tape().stream(0, 500, { late: 8 }).analyse().streams;
    let [jitter, sum] = [0, 0];
    for (let i = 1; i < 500; i++) {
      jitter += (8 - jitter) / 16;
      sum += jitter;
    }
    expect(stream?.jitterMaxMs).toBeCloseTo(jitter, 5);
    expect(stream?.jitterMs).toBeCloseTo(sum / 500, 5);
    expect(stream?.discarded).toBe(0);
  });

  it('counts what comes twice, out of order, and too late for 60 ms', () => {
    const tape = new Tape().stream(0, 100, { lost: [50, 70] });
    tape.add(50 * 20 + 25, A, B, rtpPacket({ sequence: 50, timestamp: 8000 }));
    tape.add(70 * 20 + 95, A, B, rtpPacket({ sequence: 70, timestamp: 11_200 }));
    tape.add(80 * 20 + 1, A, B, rtpPacket({ sequence: 80, timestamp: 12_800 }));
    expect(tape.analyse().streams[0]).toMatchObject({
      packets: 101,
      received: 100,
      lost: 0,
      duplicate: 1,
      reordered: 2,
      discarded: 1,
    });
  });

  it('that pauses has lost nothing: nobody said that it would send', () => {
    const tape = new Tape().stream(0, 100).stream(5000, 100, { first: 100 });
    expect(tape.analyse().streams[0]).toMatchObject({ expected: 200, received: 200, lost: 0 });
  });

  it('on the wideband scale is so told', () => {
    const [stream] = new Tape().stream(0, 100, { payloadType: 9 }).analyse().streams;
    expect(stream).toMatchObject({ codec: 'G722', mosLq: null });
    expect(stream?.mosLqWb).toBeGreaterThan(4);
  });

  it('of a payload type that nobody explains has counts and no times; --rtpmap explains it', () => {
    const tape = new Tape().stream(0, 100, { payloadType: 96, lost: [30] });
    expect(tape.analyse().streams[0]).toMatchObject({
      codec: null,
      clockRate: null,
      received: 99,
      lost: 1,
      jitterMs: null,
      discarded: null,
      mosLq: null,
      mosLqWb: null,
    });
    const maps = new Map([[96, { name: 'PCMA', clockRate: 8000 }]]);
    expect(tape.analyse(maps).streams[0]).toMatchObject({ codec: 'PCMA', received: 99, lost: 1, jitterMs: 0 });
    expect(tape.analyse(maps).streams[0]?.mosLq).toBeGreaterThan(4);
  });

  it('is measured from headers alone', () => {
    const tape = new Tape();
    for (let i = 0; i < 100; i++) {
      tape.addCut(i * 20, { from: A, to: B }, rtpPacket({ sequence: i, timestamp: 160 * i, payload: [] }), 172);
    }
    const { streams, packets } = tape.analyse();
    expect(packets.cut).toBe(100);
    expect(streams[0]).toMatchObject({ packets: 100, received: 100, lost: 0, jitterMs: 0 });
  });

  it('with key presses and comfort noise in it counts them apart', () => {
    const tape = new Tape().stream(0, 50).stream(1200, 50, { first: 60 });
    for (let i = 0; i < 9; i++) {
      tape.add(
        1000 + i * 20,
        A,
        B,
        rtpPacket({ sequence: 50 + i, timestamp: 8000, payloadType: 101, payload: zeros(4) }),
      );
    }
    tape.add(1180, A, B, rtpPacket({ sequence: 59, timestamp: 9440, payloadType: 13, payload: [60] }));
    expect(tape.analyse().streams[0]).toMatchObject({
      packets: 110,
      events: 9,
      comfortNoise: 1,
      received: 110,
      lost: 0,
    });
  });
});

describe('what is no stream', () => {
  it('is not taken for one: too few packets, a random SSRC or sequence, two odd ports', () => {
    const odd = end('192.0.2.1', 4001);
    const tape = new Tape().stream(0, 3).stream(0, 50, { from: odd, to: end('192.0.2.9', 6001) });
    for (let i = 0; i < 60; i++) {
      tape.add(i * 20, end('192.0.2.3', 4000), B, rtpPacket({ sequence: i, ssrc: 7 + i * 1000 }));
      tape.add(i * 20, end('192.0.2.4', 4000), B, rtpPacket({ sequence: i * 977 }));
      tape.add(
        i * 20,
        end('192.0.2.5', 4000),
        B,
        Array.from({ length: 40 }, (_, at) => (at * 7 + i) & 0x7f),
      );
    }
    const { streams, packets } = tape.analyse();
    expect(streams).toEqual([]);
    expect(packets).toMatchObject({ udp: 3 + 50 + 180, rtp: 0 });
  });
});

/** INVITE at 0, 200 at 900 ms, ACK at 1 s, BYE when it is over. */
const call = (byeMs: number | null, types = '0', attributes: readonly string[] = []): Tape => {
  const tape = new Tape()
    .sip(0, A, B, request('INVITE', sdp('192.0.2.1', 4000, types, attributes)))
    .sip(900, B, A, response('200 OK', 'INVITE', sdp('192.0.2.9', 6000, types, attributes)))
    .sip(1000, A, B, request('ACK'));
  return byeMs === null ? tape : tape.sip(byeMs, A, B, request('BYE'));
};

const next = (message: string): string => message.replace('call-1', 'call-2');

describe('a call with its signalling', () => {
  it('is measured from the ACK to the BYE: what came before is early, what comes after is nothing', () => {
    const { streams, sipCalls, packets } = call(4990).stream(500, 240).analyse();
    expect({ sipCalls, sip: packets.sip }).toEqual({ sipCalls: 1, sip: 4 });
    // 25 packets before the ACK (500 to 980 ms), 200 from 1000 to 4980 ms.
    expect(streams[0]).toMatchObject({ callId: 'call-1', packets: 240, earlyPackets: 25, received: 200, lost: 0 });
  });

  it('has lost what does not come while it is up', () => {
    const [stream] = call(9000).stream(1000, 200).analyse().streams;
    // Silent from 5 s to the BYE; in the last 0.2 s of a call nothing is expected: 190 packets of 20 ms.
    expect(stream).toMatchObject({ received: 200, lost: 190 });
    expect(stream?.longestSilenceMs).toBeCloseTo(9000 - 4980, 6);
  });

  it('expects its audio to the end of the capture where no BYE is in it', () => {
    const tape = call(null).stream(1000, 100).stream(1000, 300, { from: B, to: A, ssrc: 9 });
    expect(tape.analyse().streams.map(({ received, lost }) => [received, lost])).toEqual([
      [100, 189], // from 3000 ms to 0.2 s before the end at 6980 ms
      [300, 0],
    ]);
  });

  it('expects nothing on hold, and again after it', () => {
    const held = ['a=sendonly'];
    const tape = call(12_000)
      .stream(1000, 150)
      .sip(4000, A, B, request('INVITE', sdp('192.0.2.1', 4000, '0', held)))
      .sip(4050, B, A, response('200 OK', 'INVITE', sdp('192.0.2.9', 6000, '0', ['a=recvonly'])))
      .sip(8000, A, B, request('INVITE', sdp('192.0.2.1', 4000)))
      .sip(8050, B, A, response('200 OK', 'INVITE', sdp('192.0.2.9', 6000)))
      .stream(8100, 195, { first: 355, sequence: 150 });
    expect(tape.analyse().streams[0]).toMatchObject({ received: 345, lost: 0 });
  });

  it('that is one-way from the beginning is not on hold, and a hold of it is one', () => {
    const tape = new Tape()
      .sip(0, A, B, request('INVITE', sdp('192.0.2.1', 4000, '0', ['a=sendonly'])).replace(';tag=2', ''))
      .sip(900, B, A, response('200 OK', 'INVITE', sdp('192.0.2.9', 6000, '0', ['a=recvonly'])))
      .sip(1000, A, B, request('ACK'))
      .stream(1000, 150, { lost: [60, 61] })
      .sip(4000, A, B, request('INVITE', sdp('192.0.2.1', 4000, '0', ['a=inactive'])))
      .sip(4050, B, A, response('200 OK', 'INVITE', sdp('192.0.2.9', 6000, '0', ['a=inactive'])))
      .sip(9000, A, B, request('BYE'));
    expect(tape.analyse().streams).toMatchObject([{ packets: 148, received: 148, lost: 2 }]);
  });

  it('whose hold is the first that the capture has of it is on hold', () => {
    const tape = new Tape()
      .stream(0, 150)
      .sip(2900, A, B, request('INVITE', sdp('192.0.2.1', 4000, '0', ['a=sendonly'])))
      .sip(2950, B, A, response('200 OK', 'INVITE', sdp('192.0.2.9', 6000, '0', ['a=recvonly'])))
      .sip(2980, A, B, request('ACK'))
      .stream(3000, 1, { first: 150 })
      .sip(9000, A, B, request('BYE'));
    expect(tape.analyse().streams[0]?.lost).toBe(0);
  });

  it('says what its payload types are', () => {
    const attributes = ['a=rtpmap:97 PCMA/8000', 'a=rtpmap:98 telephone-event/8000', 'a=ptime:20'];
    const tape = call(5000, '97 98', attributes).stream(1000, 150, { payloadType: 97 });
    tape.add(4000, A, B, rtpPacket({ sequence: 150, timestamp: 24_000, payloadType: 98, payload: zeros(4) }));
    tape.add(4020, A, B, rtpPacket({ sequence: 151, timestamp: 24_000, payloadType: 3 }));
    tape.stream(4040, 48, { payloadType: 97, first: 152 });
    // The one of type 3 was not agreed on: it counts as lost, as in a live call.
    expect(tape.analyse().streams[0]).toMatchObject({
      codec: 'PCMA',
      events: 1,
      wrongPayloadType: 1,
      received: 199,
      lost: 1,
    });
  });

  it('without an answer in the capture is measured as it is', () => {
    const tape = new Tape()
      .sip(0, A, B, request('INVITE', sdp('192.0.2.1', 4000)))
      .stream(500, 100, { from: B, to: A, lost: [60] });
    expect(tape.analyse().streams[0]).toMatchObject({ callId: 'call-1', earlyPackets: 99, received: 99, lost: 1 });
  });

  it('is found on odd ports, with a single packet', () => {
    const odd = end('192.0.2.9', 6001);
    const tape = new Tape()
      .sip(0, A, B, request('INVITE', sdp('192.0.2.1', 4001)))
      .sip(10, B, A, response('200 OK', 'INVITE', sdp('192.0.2.9', 6001)))
      .sip(20, A, B, request('ACK'))
      .add(100, end('192.0.2.1', 4001), odd, rtpPacket({}));
    expect(tape.analyse().streams).toMatchObject([{ packets: 1, callId: 'call-1' }]);
  });

  it('whose ports the next call has is another call', () => {
    const tape = call(3000).stream(1000, 100);
    tape
      .sip(10_000, A, B, next(request('INVITE', sdp('192.0.2.1', 4000))))
      .sip(10_050, B, A, next(response('200 OK', 'INVITE', sdp('192.0.2.9', 6000))))
      .sip(10_100, A, B, next(request('ACK')))
      .stream(10_100, 100, { first: 100 })
      .sip(12_100, A, B, next(request('BYE')));
    expect(tape.analyse().streams.map(({ callId, received, lost }) => [callId, received, lost])).toEqual([
      ['call-1', 100, 0],
      ['call-2', 100, 0],
    ]);
  });
});

describe('RTCP', () => {
  it.each(SRTP_SUITE_NAMES)('that %s has sealed is counted apart from what cannot be read', (name) => {
    const { keyBytes, saltBytes } = srtpSuite(name);
    const sender = new SrtpSender(
      name,
      Uint8Array.from({ length: keyBytes + saltBytes }, (_, i) => i * 7),
    );
    const compound = Uint8Array.from([...senderReport(0x1234_5678, 5, 0), ...receiverReport(9, 1, 2, 3)]);
    const [rtcpA, rtcpB] = [end('192.0.2.1', 4001), end('192.0.2.9', 6001)];
    const tape = new Tape().stream(0, 200);
    for (let i = 0; i < 3; i++) tape.add(1000 * i, rtcpA, rtcpB, [...sender.protectRtcp(compound)]);
    tape.add(3500, rtcpA, rtcpB, [...compound, 1, 2, 3]);
    const { rtcpSealed, rtcpMalformed, packets, streams } = tape.analyse();
    expect({ rtcpSealed, rtcpMalformed, rtcp: packets.rtcp }).toEqual({ rtcpSealed: 3, rtcpMalformed: 1, rtcp: 4 });
    expect(streams[0]?.receiverRttMs).toBeNull();
  });

  it('tells the round trip from the place of the capture to the receiver', () => {
    const [rtcpA, rtcpB] = [end('192.0.2.1', 4001), end('192.0.2.9', 6001)];
    // NTP 0x0000_0005.8000_0000: its middle is 0x0005_8000. Held for 0.5 s: 0x8000 of 1/65,536 s. Passed again 540 ms later.
    const tape = new Tape()
      .stream(0, 200)
      .add(1000, rtcpA, rtcpB, senderReport(0x1234_5678, 5, 0x8000_0000))
      .add(1540, rtcpB, rtcpA, receiverReport(9, 0x1234_5678, 0x0005_8000, 0x8000))
      .add(2600, rtcpB, rtcpA, receiverReport(9, 0x1234_5678, 0x0005_8000, 0x8000 * 3))
      .add(2700, rtcpB, rtcpA, receiverReport(9, 0x1234_5678, 0x0099_0000, 0x8000));
    const { streams, packets } = tape.analyse();
    expect(packets.rtcp).toBe(4);
    expect(streams[0]?.receiverRttMs).toEqual({
      count: 2,
      mean: expect.closeTo(70, 6),
      min: expect.closeTo(40, 6),
      max: expect.closeTo(100, 6),
    });
  });
});
