import { type DlrrExtendedReport, RrtExtendedReport, type VmExtendedReport, XrPacket } from 'rtp.js/packets';
import { describe, expect, it } from 'vitest';
import { CompoundWriter } from '../../../../src/rtp/rtcp/compound-writer.js';
import { CONCEALMENT, JITTER_BUFFER, VoipMetrics } from '../../../../src/rtp/rtcp/voip-metrics.js';
import { bytesOf, hexOf, readAll } from './rtcp-bench.js';

/** By hand from the diagrams of RFC 3611 §4.4, §4.5 and §4.7. */
const TIME = '04000002 b44db705 20000000';
const DELAY = '05000003 cafebabe b7052000 00054000';
const VOIP = '07000008 cafebabe 0502c000 00500258 0028004b ecc43c10 527f2625 f2000028 005000c8';
const REPORT = '80c90001 12345678';

const METRICS = {
  ssrc: 0xcafebabe,
  lossRatio: 5 / 256,
  discardRatio: 2 / 256,
  burstDensity: 0.75,
  gapDensity: 0,
  burstMs: 80,
  gapMs: 600,
  roundTripMs: 40,
  endSystemDelayMs: 75,
  signalLevelDbm: -20,
  noiseLevelDbm: -60,
  residualEchoDb: 60,
  gMin: 16,
  rFactor: 82,
  externalRFactor: Number.NaN,
  mosLq: 3.8,
  mosCq: 3.7,
  concealment: CONCEALMENT.standard,
  jitterBuffer: JITTER_BUFFER.adaptive,
  jitterBufferRate: 2,
  jitterBufferMs: 40,
  jitterBufferMaxMs: 80,
  jitterBufferLimitMs: 200,
};

describe('an extended report', () => {
  it('of three blocks is written as the RFC draws it', () => {
    const writer = new CompoundWriter();
    writer.receiverReport(0x12345678, []);
    writer.extendedReport(0x12345678, {
      referenceTime: { seconds: 0xb44db705, fraction: 0x20000000 },
      delaySinceReference: { ssrc: 0xcafebabe, lastReference: 0xb7052000, delay: 0x00054000 },
      voipMetrics: Object.assign(new VoipMetrics(), METRICS),
    });
    expect(hexOf(writer.bytes())).toBe(`${REPORT}80cf0011 12345678 ${TIME}${DELAY}${VOIP}`.replaceAll(' ', ''));
  });

  it('is read by rtp.js as we mean it', () => {
    const bytes = bytesOf(`80cf0011 12345678 ${TIME}${DELAY}${VOIP}`);
    const [time, delay, voip] = new XrPacket(new DataView(bytes.buffer)).getReports();
    expect(time).toBeInstanceOf(RrtExtendedReport);
    expect((time as RrtExtendedReport).getNtpFraction()).toBe(0x20000000);
    expect((delay as DlrrExtendedReport).getSubReports()).toEqual([
      { ssrc: 0xcafebabe, lrr: 0xb7052000, dlrr: 0x00054000 },
    ]);
    expect((voip as VmExtendedReport).dump()).toMatchObject({
      ssrc: 0xcafebabe,
      lossRate: 5,
      burstDuration: 80,
      gapDuration: 600,
      roundTripDelay: 40,
      endSystemDelay: 75,
      rerl: 60,
      rFactor: 82,
      extRFactor: 127,
      mosLq: 38,
    });
  });

  it('is read block by block', () => {
    const { verdict, seen } = readAll(bytesOf(`${REPORT}80cf0011 12345678 ${TIME}${DELAY}${VOIP}`));
    expect(verdict).toBe('ok');
    expect(seen.extended).toEqual([
      { reporter: 0x12345678, seconds: 0xb44db705, fraction: 0x20000000 },
      { reporter: 0x12345678, ssrc: 0xcafebabe, lastReference: 0xb7052000, delay: 0x00054000 },
      { reporter: 0x12345678, ...METRICS },
    ]);
  });

  it('tells of several sources in one DLRR block', () => {
    const two = '05000006 0000000a 00000001 00000002 0000000b 00000003 00000004';
    expect(readAll(bytesOf(`${REPORT}80cf0008 12345678 ${two}`)).seen.extended).toEqual([
      { reporter: 0x12345678, ssrc: 10, lastReference: 1, delay: 2 },
      { reporter: 0x12345678, ssrc: 11, lastReference: 3, delay: 4 },
    ]);
  });

  it('says "unavailable" as 127, and an unknown delay as 0', () => {
    const unknown = '07000008 cafebabe 00000000 00000000 00000000 7f7f7f10 7f7f7f7f 00000000 00000000';
    const { seen } = readAll(bytesOf(`${REPORT}80cf000a 12345678 ${unknown}`));
    const { NaN: none } = Number;
    const names = ['roundTripMs', 'endSystemDelayMs', 'signalLevelDbm', 'noiseLevelDbm', 'residualEchoDb'];
    const scores = ['rFactor', 'externalRFactor', 'mosLq', 'mosCq'];
    expect(seen.extended).toEqual([
      expect.objectContaining(Object.fromEntries([...names, ...scores].map((name) => [name, none]))),
    ]);
    const writer = new CompoundWriter();
    writer.receiverReport(0x12345678, []);
    const voipMetrics = Object.assign(new VoipMetrics(), { ssrc: 0xcafebabe });
    writer.extendedReport(0x12345678, { referenceTime: null, delaySinceReference: null, voipMetrics });
    expect(hexOf(writer.bytes()).slice(32)).toBe(unknown.replaceAll(' ', ''));
  });

  it('holds scores that cannot be for unknown', () => {
    // R 101, MOS 0.9 and 5.1
    const wild = '07000008 cafebabe 00000000 00000000 00000000 7f7f7f10 657f0933 00000000 00000000';
    expect(readAll(bytesOf(`${REPORT}80cf000a 12345678 ${wild}`)).seen.extended).toEqual([
      expect.objectContaining({ rFactor: Number.NaN, mosLq: Number.NaN, mosCq: Number.NaN }),
    ]);
  });

  it('writes what does not fit as the nearest that does', () => {
    const writer = new CompoundWriter();
    writer.receiverReport(1, []);
    const voipMetrics = Object.assign(new VoipMetrics(), { lossRatio: 1, burstMs: 1e6, gapMs: 70_000.4 });
    writer.extendedReport(1, { referenceTime: null, delaySinceReference: null, voipMetrics });
    const { seen } = readAll(writer.bytes());
    expect(seen.extended).toEqual([expect.objectContaining({ lossRatio: 255 / 256, burstMs: 65_535, gapMs: 65_535 })]);
  });
});

describe('what a peer writes wrongly', () => {
  it.each([
    ['a block of another type is skipped', `80cf0007 12345678 01000002 11111111 22222222 ${TIME}`, 1],
    ['a block that runs over the end ends the packet', `80cf0004 12345678 04000003 b44db705 20000000`, 0],
    ['a length of 65,535 words too', `80cf0004 12345678 0500ffff b44db705 20000000`, 0],
    ['a reference time of another length says nothing', `80cf0003 12345678 04000001 b44db705`, 0],
    ['VoIP metrics of another length neither', `80cf0003 12345678 07000001 b44db705`, 0],
    ['half a sub-block of DLRR is passed over', `80cf0004 12345678 05000002 cafebabe b7052000`, 0],
    ['no block', '80cf0001 12345678', 0],
    ['not even an SSRC', '80cf0000', 0],
  ])('%s', (_, packet, blocks) => {
    const { verdict, seen } = readAll(bytesOf(REPORT + packet));
    expect(verdict).toBe('ok');
    expect(seen.extended).toHaveLength(blocks);
    expect(seen.receiverReports).toEqual([0x12345678]);
  });

  it('leaves the BYE behind it readable', () => {
    const { seen } = readAll(bytesOf(`${REPORT}80cf0002 12345678 0400ffff 81cb0001 12345678`));
    expect(seen).toMatchObject({ extended: [], byes: [[0x12345678, '']] });
  });

  it('never throws, whatever the blocks hold', () => {
    let random = 1;
    const next = (): number => (random = (random * 1_103_515_245 + 12_345) & 0x7fff_ffff) >>> 16;
    for (let round = 0; round < 2000; round++) {
      const words = 1 + (next() % 30);
      const data = Uint8Array.from({ length: 12 + words * 4 }, () => next() & 0xff);
      data.set([...bytesOf(REPORT), 0x80, 207, 0, words]);
      data[16 + 2] = 0; // else nearly every first block would run over the end
      expect(readAll(data).verdict).toBe('ok');
    }
  });
});
