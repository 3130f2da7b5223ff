import { describe, expect, it } from 'vitest';
import { AnalysisSource } from '../../../src/analysis/analysis-source.js';
import { CaptureAnalysis } from '../../../src/analysis/capture-analysis.js';
import { parseGates } from '../../../src/gates/check.js';
import { evaluateGates } from '../../../src/gates/evaluate.js';
import { end } from '../capture/packets.js';
import { B, Tape } from './captures.js';

/** Two streams of PCMU, one of them with 5 % loss, and one of G.722. */
function source(): AnalysisSource {
  const found = new AnalysisSource();
  const measured = new CaptureAnalysis({ rtpMaps: new Map(), onSecond: (...second) => found.addSecond(...second) });
  const lost = Array.from({ length: 20 }, (_, i) => 10 + i * 20);
  measured.push(
    new Tape()
      .stream(0, 400)
      .stream(0, 400, { from: end('192.0.2.2', 4000), ssrc: 2, lost })
      .stream(0, 400, { from: B, to: end('192.0.2.2', 4000), ssrc: 3, payloadType: 9 })
      .file(),
  );
  measured.end();
  measured.streams.forEach((stream) => found.addStream(stream));
  return found;
}

function judged(expr: string) {
  const { gates, problems } = parseGates([expr], { endpoints: [], labels: {}, codecs: ['PCMU', 'PCMA', 'G722'] });
  expect(problems).toEqual([]);
  const [result] = evaluateGates(gates, source(), { spoiled: {}, reflected: false });
  return { state: result?.state, observed: result?.observed, samples: result?.samples, reason: result?.reason };
}

describe('gates on a capture', () => {
  it('see streams as legs', () => {
    expect(judged('loss{per=call}.max <= 1%')).toMatchObject({ state: 'fail', samples: 3, observed: 0.05 });
    expect(judged('loss{per=call,codec=G722}.max == 0%')).toMatchObject({ state: 'pass', samples: 1, observed: 0 });
    expect(judged('mos_lq{per=call}.max >= 4.4')).toMatchObject({ state: 'pass', samples: 2 });
    expect(judged('mos_lq_wb{per=call}.min >= 4')).toMatchObject({ state: 'pass', samples: 1 });
  });

  it('see the seconds of streams as call-seconds', () => {
    expect(judged('jitter.max <= 1ms')).toMatchObject({ state: 'pass', samples: 24, observed: 0 });
    expect(judged('loss.max <= 1%')).toMatchObject({ state: 'fail', samples: 24 });
  });

  it('have no data where a capture tells nothing, and say why', () => {
    expect(judged('success_ratio >= 99%')).toMatchObject({ state: 'no-data', reason: 'a capture does not tell it' });
    expect(judged('mos{direction=sent}.min >= 3')).toMatchObject({
      state: 'no-data',
      reason: 'a capture has no side of its own: all its streams count as received',
    });
  });
});
