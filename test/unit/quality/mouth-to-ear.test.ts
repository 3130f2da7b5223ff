import { describe, expect, it } from 'vitest';
import { findCodecImpairment } from '../../../src/quality/codec-impairment.js';
import { mouthToEar, mouthToEarMs } from '../../../src/quality/mouth-to-ear.js';

const codecOf = (name: string) => findCodecImpairment(name) ?? expect.fail(`${name} has a row`);
const path = { rttMs: 50, jitterBufferMs: 60, ptimeMs: 20 };

describe('mouthToEar', () => {
  it('is RTT/2, jitter buffer, ptime and lookahead, each written out', () => {
    expect(mouthToEar({ ...path, codec: codecOf('G722') })).toEqual({
      networkMs: 25,
      jitterBufferMs: 60,
      packetizationMs: 20,
      codecMs: 1.5,
      totalMs: 106.5,
    });
    expect(mouthToEarMs({ ...path, codec: codecOf('PCMU') })).toBe(105);
  });

  it('is unknown without a round trip', () => {
    const unknown = mouthToEar({ ...path, rttMs: Number.NaN, codec: codecOf('PCMA') });
    expect(unknown).toMatchObject({ networkMs: Number.NaN, totalMs: Number.NaN, jitterBufferMs: 60 });
  });
});
