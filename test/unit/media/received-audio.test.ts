import { describe, expect, it } from 'vitest';
import { PCMU } from '../../../src/media/codec/codec.js';
import { encodeG722 } from '../../../src/media/codec/g722.js';
import { ReceivedAudio, type ReceivedPacket } from '../../../src/media/received-audio.js';
import { parseWav } from '../../../src/media/source/wav.js';
import { wavFile } from '../../../src/media/wav-file.js';

/** µ-law codes of G.711 table 2a: 0x80 is +32124, 0x00 is −32124. */
const LOUD = Uint8Array.from({ length: 160 }, () => 0x80);
const NEGATIVE = Uint8Array.from({ length: 160 }, () => 0);

const packet = (n: number, changes: Partial<ReceivedPacket> = {}): ReceivedPacket => ({
  codec: 'PCMU',
  ssrc: 1,
  timestamp: (0xffff_ff00 + n * 160) >>> 0, // wraps after the second packet
  atMs: 1_700_000_000_000 + n * 20,
  payload: LOUD,
  ...changes,
});

/** One value for each 20 ms. */
function framesOf(audio: ReceivedAudio): (number | undefined)[] {
  const samples = audio.samples();
  const frames = Array.from({ length: samples.length / 160 }, (_, i) => samples.subarray(i * 160, (i + 1) * 160));
  for (const frame of frames) expect(new Set(frame).size).toBe(1);
  return frames.map((frame) => frame[0]);
}

describe('received audio', () => {
  it('has silence, sample by sample, where packets are missing', () => {
    const audio = new ReceivedAudio();
    for (const n of [0, 1, 2, 5]) audio.add(packet(n));
    expect(framesOf(audio)).toEqual([32_124, 32_124, 32_124, 0, 0, 32_124]);
  });

  it('stands in the order of its timestamps, whatever came twice or late', () => {
    const audio = new ReceivedAudio();
    for (const n of [0, 2, 1, 2]) audio.add(packet(n, { payload: n === 1 ? NEGATIVE : LOUD, atMs: 5 }));
    expect(framesOf(audio)).toEqual([32_124, -32_124, 32_124]);
  });

  it('goes on where it arrived when a new source, or another clock, takes over', () => {
    const audio = new ReceivedAudio();
    audio.add(packet(0));
    audio.add(packet(3, { ssrc: 2, timestamp: 77, payload: NEGATIVE }));
    audio.add(packet(4, { ssrc: 2, timestamp: 77 + 160, payload: NEGATIVE }));
    audio.add(packet(6, { ssrc: 2, timestamp: 4_000_000 }));
    expect(framesOf(audio)).toEqual([32_124, 0, 0, -32_124, -32_124, 0, 32_124]);
  });

  it('is no longer than the call and what it may be off, whatever the timestamps say', () => {
    const audio = new ReceivedAudio();
    for (let n = 0; n < 100; n++) audio.add(packet(n, { timestamp: (n * 160 * 90) >>> 0 })); // each 1.8 s on, each 20 ms
    expect(audio.samples().length / 8000).toBeLessThanOrEqual(99 * 0.02 + 2 + 0.02);
  });

  it('of a codec with another sampling rate, or of none, is left out', () => {
    const audio = new ReceivedAudio();
    audio.add(packet(0, { codec: 'OPUS' }));
    audio.add(packet(1));
    audio.add(packet(2, { codec: 'G722' }));
    audio.add(packet(3, { codec: 'PCMA', payload: Uint8Array.from({ length: 160 }, () => 0xd5) })); // A-law +8
    expect(framesOf(audio)).toEqual([32_124, 0, 8]);
    expect(new ReceivedAudio().samples()).toHaveLength(0);
  });

  it('of G.722 runs on over the borders of packets, at 16 kHz', () => {
    const tone = Int16Array.from({ length: 3200 }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 16_000)),
    );
    const codes = encodeG722(tone);
    const audio = new ReceivedAudio();
    for (let n = 0; n < 10; n++) {
      audio.add(packet(n, { codec: 'G722', payload: codes.subarray(n * 160, (n + 1) * 160) }));
    }
    expect(audio.samplesPerSecond).toBe(16_000);
    const heard = audio.samples();
    // 22 samples of the filters later it is the tone again (G.722 §1.4.4), also behind every border.
    const errors = Array.from({ length: 2900 }, (_, i) => Math.abs((heard[i + 222] ?? 0) - (tone[i + 200] ?? 0)));
    expect(Math.max(...errors)).toBeLessThan(700);
  });
});

it('a WAV file is read back as it was written', () => {
  const samples = Int16Array.from([0, 1, -1, 32_767, -32_768]);
  expect(parseWav(wavFile(samples, 16_000))).toEqual({ sampleRate: 16_000, channels: 1, samples });
  const empty = wavFile(new Int16Array(0), 8000);
  expect([empty.length, PCMU.samplesPerSecond]).toEqual([44, 8000]);
});
