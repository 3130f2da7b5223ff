import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompoundWriter } from '../../../../src/rtp/rtcp/compound-writer.js';
import { NtpClock } from '../../../../src/rtp/rtcp/ntp-clock.js';
import { RtcpSession, type RtcpStart } from '../../../../src/rtp/rtcp/session.js';
import { type BlockFields, blockOf, bytesOf, readAll, senderReportOf } from './rtcp-bench.js';

const OURS = 0xabcd;
const THEIRS = 0x1111;
/** e − 3/2 */
const COMPENSATION = 1.218281828459045;
const START: RtcpStart = {
  ssrc: OURS,
  firstSequence: 1000,
  clockRate: 8000,
  cname: 'leg@callgauge',
  startedAtNs: 100e9,
  fixedIntervalMs: null,
  sessionBitsPerSecond: 80_000,
};
/** Wall time 1970-01-01 at monotonic 0: NTP seconds are 2,208,988,800 and what the monotonic clock shows. */
const NTP_AT_ZERO = 2_208_988_800;
/** Middle 32 bits at so many seconds of the monotonic clock. */
const middleAt = (seconds: number): number => ((NTP_AT_ZERO % 65_536) * 65_536 + seconds * 65_536) % 2 ** 32;

function sessionOf(options: Partial<RtcpStart> = {}, random = 0.5): RtcpSession {
  const session = new RtcpSession({ clock: new NtpClock(0, 0), random: () => random });
  session.start({ ...START, ...options });
  return session;
}

/** `count` packets of ours from `atSeconds` on, every 20 ms. */
function send(session: RtcpSession, count: number, atSeconds: number, firstTimestamp = 0): void {
  for (let i = 0; i < count; i++) session.onSent((firstTimestamp + i * 160) >>> 0, 160, atSeconds * 1e9 + i * 20e6);
}

function hear(session: RtcpSession, sequences: readonly number[], ssrc = THEIRS): void {
  for (const sequence of sequences) {
    session.onRtp({ sequence, timestamp: sequence * 160, ssrc }, 100e9 + sequence * 20e6);
  }
}

interface FarCompound {
  readonly reporter?: number;
  readonly blocks?: readonly Partial<BlockFields>[];
  /** Monotonic seconds for an SR; none for an RR. */
  readonly srAt?: number;
  readonly bye?: number;
}

/** A compound of the far end, taken at `atSeconds`. */
function receive(session: RtcpSession, atSeconds: number, compound: FarCompound): string {
  const { reporter = THEIRS, srAt, bye } = compound;
  const blocks = (compound.blocks ?? []).map((fields) => blockOf({ ssrc: OURS, ...fields }));
  const writer = new CompoundWriter();
  if (srAt === undefined) {
    writer.receiverReport(reporter, blocks);
  } else {
    const fraction = Math.round((srAt % 1) * 2 ** 32);
    writer.senderReport(
      senderReportOf({ ssrc: reporter, ntpSeconds: Math.floor(srAt), ntpFraction: fraction }),
      blocks,
    );
  }
  if (bye !== undefined) writer.bye(bye, 'done');
  const bytes = writer.bytes();
  return session.receive(bytes, bytes.length, atSeconds * 1e9);
}

describe('what RtcpSession writes', () => {
  it('is an RR with the CNAME before anything was sent or heard', () => {
    const { verdict, seen } = readAll(sessionOf().write(102e9));
    expect(verdict).toBe('ok');
    expect(seen).toEqual({
      senderReports: [],
      receiverReports: [OURS],
      blocks: [],
      cnames: [[OURS, 'leg@callgauge']],
      byes: [],
      extended: [],
    });
  });

  it('is an SR once RTP was sent, with the RTP timestamp of its own instant', () => {
    const session = sessionOf();
    send(session, 50, 100, 0xffff_f000);
    const { seen } = readAll(session.write(101.25e9)); // the last packet went at 100.98 s
    expect(seen.receiverReports).toEqual([]);
    expect(seen.senderReports).toEqual([
      {
        ssrc: OURS,
        ntpSeconds: NTP_AT_ZERO + 101,
        ntpFraction: 0x4000_0000,
        rtpTimestamp: (0xffff_f000 + 49 * 160 + 0.27 * 8000) % 2 ** 32,
        packetCount: 50,
        octetCount: 8000,
      },
    ]);
  });

  it('stays an SR for one report after the last packet, then is an RR (RFC 3550 §6.4)', () => {
    const session = sessionOf();
    send(session, 1, 100);
    const kinds = [102, 104, 106].map((at) => readAll(session.write(at * 1e9)).seen.senderReports.length);
    expect(kinds).toEqual([1, 1, 0]);
    send(session, 1, 107);
    expect(readAll(session.write(108e9)).seen.senderReports[0]).toMatchObject({ packetCount: 2, octetCount: 320 });
  });

  it('has a block about the source only when RTP came since the last report', () => {
    const session = sessionOf();
    hear(session, [10, 11, 13, 14]);
    const [first, second] = [102, 104].map((at) => readAll(session.write(at * 1e9)).seen.blocks);
    expect(first).toMatchObject([
      { ssrc: THEIRS, highestSequence: 14, cumulativeLost: 1, fractionLost: 51, lastSr: 0, delaySinceLastSr: 0 },
    ]);
    expect(second).toEqual([]);
  });

  it('gives back LSR and DLSR of the last SR of the source that is heard', () => {
    const session = sessionOf();
    expect(receive(session, 99, { reporter: 0x2222, srAt: 5 })).toBe('stray');
    hear(session, [1]);
    expect(readAll(session.write(100e9)).seen.blocks[0]).toMatchObject({ lastSr: 0, delaySinceLastSr: 0 });
    expect(receive(session, 101, { srAt: 7.5 })).toBe('ok');
    receive(session, 101.5, { reporter: 0x2222, srAt: 9 });
    hear(session, [2]);
    expect(readAll(session.write(103.25e9)).seen.blocks[0]).toMatchObject({
      lastSr: 7.5 * 65_536,
      delaySinceLastSr: 2.25 * 65_536,
    });
    hear(session, [3], 0x3333);
    expect(readAll(session.write(104e9)).seen.blocks[0]).toMatchObject({ ssrc: 0x3333, lastSr: 0 });
  });

  it('keeps an SR that came before the first RTP of its source', () => {
    const session = sessionOf();
    receive(session, 100, { srAt: 7.5 });
    hear(session, [1]);
    expect(readAll(session.write(101e9)).seen.blocks[0]).toMatchObject({ lastSr: 7.5 * 65_536 });
  });

  it('never has a DLSR of 0 beside an LSR', () => {
    const session = sessionOf();
    hear(session, [1]);
    receive(session, 101, { srAt: 7.5 });
    expect(readAll(session.write(101e9)).seen.blocks[0]).toMatchObject({ lastSr: 491_520, delaySinceLastSr: 1 });
  });

  it('ends with a BYE behind the last report, and nothing is due any more', () => {
    const session = sessionOf();
    send(session, 1, 100);
    const { verdict, seen } = readAll(session.writeBye(101e9, 'call ended') ?? new Uint8Array(0));
    expect(verdict).toBe('ok');
    expect([seen.senderReports.length, seen.cnames.length, seen.byes]).toEqual([1, 1, [[OURS, 'call ended']]]);
    expect(session.dueAtNs).toBe(Number.POSITIVE_INFINITY);
  });

  it('has no BYE of one that never sent anything', () => {
    expect(sessionOf().writeBye(101e9, '')).toBeNull();
    const reported = sessionOf();
    reported.write(101e9);
    expect(reported.writeBye(102e9, '')).not.toBeNull();
  });
});

describe('when a report is due', () => {
  it('is by RFC 3550: half at first, the random number passed in', () => {
    const session = sessionOf({}, 0);
    expect(session.dueAtNs).toBeCloseTo(100e9 + (1.25 / COMPENSATION) * 1e9, -1);
    session.write(102e9);
    expect(session.dueAtNs).toBeCloseTo(102e9 + (2.5 / COMPENSATION) * 1e9, -1);
  });

  it('is later where the bandwidth holds no more', () => {
    const session = sessionOf({ sessionBitsPerSecond: 800 }); // 5 octets a second for RTCP
    // RR 8, SDES 24, IP and UDP 28: 60 octets, of one member that does not send: it has three quarters
    expect(session.dueAtNs).toBeCloseTo(100e9 + (60 / 3.75 / COMPENSATION) * 1e9, -1);
  });

  it('counts who takes part, and the size of what is sent and of what comes', () => {
    const heard = sessionOf({ sessionBitsPerSecond: 800 });
    send(heard, 1, 100);
    hear(heard, [1]);
    heard.write(101e9); // SR with a block: 76 octets and 28, after 60 at first; two members, both send
    const sentOctets = 60 + (104 - 60) / 16;
    expect(heard.dueAtNs).toBeCloseTo(101e9 + ((sentOctets * 2) / 5 / COMPENSATION) * 1e9, -1);
    const silent = sessionOf({ sessionBitsPerSecond: 800 });
    receive(silent, 101, { srAt: 7.5, blocks: [{ highestSequence: 1000 }] }); // 52 octets and 28
    silent.write(102e9); // RR without a block: 32 octets and 28; two members, and none sends
    const octets = 61.25 + (60 - 61.25) / 16;
    expect(silent.dueAtNs).toBeCloseTo(102e9 + ((octets * 2) / 3.75 / COMPENSATION) * 1e9, -1);
  });

  it('is on a grid of its own with a fixed interval, which a late report does not move', () => {
    const session = sessionOf({ fixedIntervalMs: 1000 });
    expect(session.dueAtNs).toBe(101e9);
    session.write(101.3e9);
    expect(session.dueAtNs).toBe(102e9);
    session.write(105.4e9);
    expect(session.dueAtNs).toBe(106.4e9);
  });

  it('is never before a leg begins', () => {
    expect(new RtcpSession({ clock: new NtpClock(0, 0), random: () => 0 }).dueAtNs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what RtcpSession learns of the far end', () => {
  it('is RTT and the sent direction, from an RR', () => {
    const session = sessionOf();
    send(session, 100, 100);
    session.write(102e9);
    expect([session.rttMs, session.takeNews()]).toEqual([Number.NaN, false]);
    const block = {
      highestSequence: 1097,
      cumulativeLost: 7,
      jitter: 80,
      lastSr: middleAt(102),
      delaySinceLastSr: 65_536,
    };
    expect(receive(session, 103.125, { blocks: [block] })).toBe('ok');
    expect(session.rttMs).toBe(125);
    expect(session.farInterval).toMatchObject({ expected: 98, lost: 7, jitterMs: 10 });
    expect(session.farTotals).toMatchObject({ intervals: 1, expected: 98 });
    expect([session.takeNews(), session.takeNews()]).toEqual([true, false]);
    expect(session.counts).toMatchObject({ received: 1, roundTrips: 1, delayMissing: 0, stray: 0 });
    expect(session.reportsSent).toBe(1);
  });

  it('is no RTT by a report that came twice: the copy was longer on the way', () => {
    const session = sessionOf();
    send(session, 100, 100);
    session.write(102e9);
    const compound = { blocks: [{ highestSequence: 1097, lastSr: middleAt(102), delaySinceLastSr: 65_536 }] };
    receive(session, 103.125, compound);
    receive(session, 103.5, compound);
    expect(session.rttMs).toBe(125);
    expect(session.farTotals.duplicate).toBe(1);
  });

  it('counts blocks that give no RTT, by why', () => {
    const session = sessionOf();
    send(session, 100, 100);
    session.write(102e9);
    receive(session, 103, { blocks: [{ highestSequence: 1090 }] });
    receive(session, 104, { blocks: [{ highestSequence: 1091, lastSr: middleAt(102) }] });
    receive(session, 105, { blocks: [{ highestSequence: 1092, lastSr: middleAt(90), delaySinceLastSr: 1 }] });
    expect(session.rttMs).toBeNaN();
    expect(session.counts).toMatchObject({
      received: 3,
      blocks: 3,
      roundTrips: 0,
      delayMissing: 1,
      roundTripImplausible: 1,
    });
  });

  it('sets no store by what somebody else says', () => {
    const session = sessionOf();
    send(session, 100, 100);
    hear(session, [1]);
    expect(receive(session, 101, { reporter: 0x2222, blocks: [{ ssrc: 0x9999, highestSequence: 5 }] })).toBe('stray');
    expect(receive(session, 101, { reporter: 0x2222, bye: 0x2222 })).toBe('stray');
    expect([session.farLeft, session.takeNews(), session.counts.stray]).toEqual([false, false, 2]);
  });

  it('takes its own reports that come back for stray', () => {
    const session = sessionOf();
    send(session, 100, 100);
    hear(session, [1, 2], OURS); // an echo: the source that we hear is ourselves
    const echoed = session.write(102e9).slice();
    expect(readAll(echoed).seen.blocks[0]?.ssrc).toBe(OURS);
    expect(session.receive(echoed, echoed.length, 102.1e9)).toBe('stray');
    const bye = session.writeBye(103e9, '')?.slice() ?? new Uint8Array(0);
    expect(session.receive(bye, bye.length, 103.1e9)).toBe('stray');
    expect([session.farTotals.intervals, session.rttMs, session.farLeft]).toEqual([0, Number.NaN, false]);
  });

  it.each([
    ['of the source that we hear', THEIRS, true],
    ['of the reporter', 0x4444, true],
    ['of another one', 0x5555, false],
    ['of ourselves', OURS, false],
  ])('is a BYE %s', (_, bye, left) => {
    const session = sessionOf();
    send(session, 100, 100);
    hear(session, [1]);
    receive(session, 101, { reporter: 0x4444, blocks: [{ highestSequence: 1050 }] });
    receive(session, 102, { reporter: THEIRS, bye });
    expect(session.farLeft).toBe(left);
  });

  it('has not left when RTP of another source comes after the BYE', () => {
    const session = sessionOf();
    hear(session, [1]);
    receive(session, 102, { bye: THEIRS });
    hear(session, [2]);
    expect(session.farLeft).toBe(true);
    hear(session, [3], 0x7777);
    expect(session.farLeft).toBe(false);
  });

  it('is nothing from a malformed compound', () => {
    const session = sessionOf();
    hear(session, [1]);
    const bytes = bytesOf('80c90001 00001111 81cb0002 00001111');
    expect(session.receive(bytes, bytes.length, 101e9)).toBe('malformed');
    expect([session.counts.malformed, session.farLeft]).toEqual([1, false]);
  });

  it('is forgotten with the leg, and late reports to it are stray', () => {
    const session = sessionOf();
    send(session, 100, 100);
    hear(session, [1]);
    session.write(102e9);
    const block = { highestSequence: 1097, lastSr: middleAt(102), delaySinceLastSr: 65_536 };
    receive(session, 103.125, { blocks: [block], srAt: 7.5, bye: THEIRS });
    session.start({ ...START, ssrc: 0xbbbb, startedAtNs: 200e9 });
    expect([session.rttMs, session.farLeft, session.takeNews(), session.reportsSent]).toEqual([
      Number.NaN,
      false,
      false,
      0,
    ]);
    expect(session.farTotals.intervals).toBe(0);
    expect(new Set(Object.values(session.counts))).toEqual(new Set([0]));
    expect(receive(session, 200.5, { blocks: [block], srAt: 3 })).toBe('stray');
    const { seen } = readAll(session.write(201e9));
    expect([seen.receiverReports, seen.blocks]).toEqual([[0xbbbb], []]);
  });

  it('is forgotten with the leg when the next one hears the same SSRC', () => {
    const session = sessionOf();
    hear(session, [1]);
    receive(session, 101, { srAt: 7.5 });
    session.write(102e9);
    session.start({ ...START, ssrc: 0xbbbb, startedAtNs: 200e9 });
    expect(session.dueAtNs).toBeCloseTo(200e9 + (2.5 / COMPENSATION) * 1e9, -1);
    hear(session, [2]);
    expect(readAll(session.write(201e9)).seen.blocks[0]).toMatchObject({ lastSr: 0, delaySinceLastSr: 0 });
  });
});

/** 50 packets from 100 s on, of which a block told; 100 more from 101 s on; our own report of them all at 103 s. */
function told(): RtcpSession {
  const session = sessionOf();
  hear(session, [1]);
  send(session, 50, 100);
  receive(session, 101, { blocks: [{ highestSequence: 1049 }] });
  send(session, 100, 101, 8000);
  session.write(103e9);
  hear(session, [2]);
  session.takeNews();
  return session;
}

describe('a report without a word of our stream', () => {
  it('tells that all which left a second before is lost, and a block afterwards goes on from there', () => {
    const session = told();
    receive(session, 105, {});
    expect(session.takeNews()).toBe(true);
    expect(session.farInterval).toMatchObject({ expected: 100, lost: 100, received: 0, lossRatio: 1, spanMs: 4000 });
    expect(session.farTotals).toMatchObject({ expected: 150, lost: 100, received: 50 });
    send(session, 10, 105, 24_000);
    receive(session, 106, { blocks: [{ highestSequence: 1159, cumulativeLost: 100 }] });
    expect(session.farInterval).toMatchObject({ expected: 10, lost: 0 });
    expect(session.farTotals).toMatchObject({ expected: 160, lost: 100, rebased: 0, invalid: 0 });
  });

  it('is not held against packets that may still be on their way, nor counted twice', () => {
    const session = told();
    receive(session, 103.9, {});
    expect(session.takeNews()).toBe(false);
    receive(session, 105, {});
    session.takeNews();
    receive(session, 105.5, {});
    expect(session.takeNews()).toBe(false);
    expect(session.farTotals.lost).toBe(100);
  });

  it('with the block of before, only its times new, tells the same', () => {
    const session = told();
    receive(session, 105, { blocks: [{ highestSequence: 1049, lastSr: 7, delaySinceLastSr: 9 }] });
    expect(session.farTotals).toMatchObject({ expected: 150, lost: 100 });
  });

  it('says nothing as a farewell, of somebody else, or of a far end that never told of any packet', () => {
    const farewell = told();
    receive(farewell, 105, { bye: THEIRS });
    const foreign = told();
    receive(foreign, 105, { reporter: 0x9999 });
    const silent = sessionOf();
    hear(silent, [1]);
    send(silent, 100, 100);
    silent.write(103e9);
    receive(silent, 105, {});
    expect([farewell, foreign, silent].map(({ farTotals }) => farTotals.lost)).toEqual([0, 0, 0]);
  });
});

describe('two sessions that talk to each other', () => {
  it('agree on round trip, loss and jitter', () => {
    const [a, b] = [sessionOf({ ssrc: 1, firstSequence: 65_500 }, 0.1), sessionOf({ ssrc: 2, firstSequence: 7 }, 0.9)];
    const oneWayMs = 40;
    let sentByA = 0;
    const transits: { atMs: number; deliver: (atNs: number) => void }[] = [];
    const pass = (from: RtcpSession, to: RtcpSession, atMs: number): void => {
      if (from.dueAtNs > atMs * 1e6) return;
      const bytes = from.write(atMs * 1e6).slice();
      transits.push({ atMs: atMs + oneWayMs, deliver: (atNs) => to.receive(bytes, bytes.length, atNs) });
    };
    for (let ms = 100_000; ms < 130_000; ms += 20) {
      for (const transit of transits.splice(0)) {
        if (transit.atMs <= ms) transit.deliver(transit.atMs * 1e6);
        else transits.push(transit);
      }
      const n = (ms - 100_000) / 20;
      a.onSent(n * 160, 160, ms * 1e6);
      b.onSent(n * 160, 160, ms * 1e6);
      sentByA++;
      const late = n % 2 === 1 ? 10 : 0; // the jitter settles at 10 ms
      if (n % 10 !== 5) {
        b.onRtp({ sequence: (65_500 + n) & 0xffff, timestamp: n * 160, ssrc: 1 }, (ms + oneWayMs + late) * 1e6);
      }
      a.onRtp({ sequence: 7 + n, timestamp: n * 160, ssrc: 2 }, (ms + oneWayMs) * 1e6);
      pass(a, b, ms);
      pass(b, a, ms);
    }
    expect(Math.abs(a.rttMs - 80)).toBeLessThan(0.1);
    expect(Math.abs(b.rttMs - 80)).toBeLessThan(0.1);
    expect(a.farTotals.invalid + a.farTotals.rebased + a.counts.stray + b.counts.stray).toBe(0);
    expect(a.farTotals.expected + a.farInterval.unreported).toBeLessThanOrEqual(sentByA);
    expect(a.farTotals.expected).toBeGreaterThan(1000);
    expect(a.farTotals.lossRatio).toBeCloseTo(0.1, 2);
    expect(b.farTotals.lossRatio).toBe(0);
    expect(a.farInterval.jitterMs).toBeGreaterThan(8);
    expect(a.farInterval.jitterMs).toBeLessThan(10.1);
    expect(b.farInterval.jitterMs).toBeCloseTo(0, 3);
  });

  it('never throw and never book the impossible on any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 20 }), (datagrams) => {
        const session = sessionOf();
        send(session, 10, 100);
        hear(session, [1]);
        session.write(101e9);
        for (const datagram of datagrams) {
          datagram.set([0x81, 200 + (datagram.length % 2)].slice(0, datagram.length));
          if (datagram.length >= 4) datagram.set([0, (datagram.length >> 2) - 1], 2);
          if (datagram.length >= 12)
            datagram.set([0, 0, 0xab, 0xcd], datagram.length % 2 === 0 ? 28 % datagram.length : 8);
          session.receive(
            datagram.length % 4 === 0 ? datagram : datagram.slice(0, datagram.length & ~3),
            datagram.length & ~3,
            102e9,
          );
        }
        expect(session.farTotals.expected).toBeLessThanOrEqual(10);
        expect(session.rttMs < 0).toBe(false);
      }),
    );
  });
});
