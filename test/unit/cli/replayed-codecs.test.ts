import { describe, expect, it } from 'vitest';
import { scoreWarnings } from '../../../src/cli/replayed-codecs.js';
import { parseGates } from '../../../src/gates/check.js';
import { replayedImpairment } from '../../../src/quality/codec-impairment.js';

const context = { endpoints: [], labels: {}, codecs: ['G729'] };
const { gates } = parseGates(
  ['mos.p5 >= 4.2', 'mos.p5 >= 4.1', 'mos_lq_wb.p5 >= 4.4', 'mos.below(4.2) <= 1%', 'loss.p95 <= 1%'],
  context,
);

function codecOf(name: string) {
  const impairment = replayedImpairment(name, { ptimeMs: 20, scale: 'narrowband', ie: null, bpl: null });
  const sdp = { encoding: name, clockRate: 8000, channels: 1, payloadType: 18, fmtp: null };
  return { name, ...sdp, index: 3, impairment };
}

describe('what a codec makes of the gates', () => {
  it('is said where no call can pass: G.729 with Ie 11 reaches R 82.2 and MOS 4.10', () =>
    expect(scoreWarnings(codecOf('G729'), gates)).toEqual([
      'codec: G729 reaches a MOS of 4.10 at best, so mos.p5 >= 4.2 fails: give a gate of its own',
    ]));

  it('is said where it has no score at all', () => {
    const [warning, ...others] = scoreWarnings(codecOf('OPUS'), gates);
    expect(warning).toMatch(/^codec: OPUS has no MOS/);
    expect(others).toEqual([]);
  });
});
