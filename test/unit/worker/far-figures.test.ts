import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../../src/call/call-token.js';
import { FarFigures } from '../../../src/worker/far-figures.js';
import { serializeFigures } from '../../../src/worker/figures-report.js';
import { LEG } from '../../../src/worker/messages.js';
import { legsOf } from '../run/batches.js';

const body = (call: number, run = 'run-1', lost = 0): string =>
  serializeFigures({ address: '10.0.0.1', port: 5060, runId: runIdOf(run), call }, legsOf({ lost }));

/** Calls 0, 2, 4, 6 and 8 are those of this worker; 2 and 4 were answered. */
function bench(): FarFigures {
  const figures = new FarFigures('run-1', (call) => call < 10 && call % 2 === 0);
  figures.await(2, 1, 'Asterisk PBX');
  figures.await(4, 0, null);
  return figures;
}

describe('figures of a far end', () => {
  it('become a row with the endpoint of their call', () => {
    const figures = bench();
    expect(figures.take(body(2, 'run-1', 9))).toBe(200);
    expect([figures.waiting, figures.counts]).toEqual([1, { passed: 1, refused: 0 }]);
    const rows = figures.takeRows();
    expect(rows).toHaveLength(LEG.columns);
    expect([rows[LEG.call], rows[LEG.endpoint], rows[LEG.lost]]).toEqual([2, 1, 9]);
    expect(figures.takeRows()).toHaveLength(0);
  });

  it('count once a call: the first report stands', () => {
    const figures = bench();
    expect([figures.take(body(2, 'run-1', 1)), figures.take(body(2, 'run-1', 2))]).toEqual([200, 200]);
    expect([figures.takeRows()[LEG.lost], figures.counts.passed]).toEqual([1, 1]);
  });

  it('are thanked for and ignored where the call was never answered', () => {
    const figures = bench();
    expect(figures.take(body(6))).toBe(200);
    expect(figures.waiting).toBe(0);
  });

  it('of another run, of another worker, of a call that was not placed, or of no call at all are refused', () => {
    const figures = bench();
    expect([body(2, 'run-2'), body(3), body(10), 'x'].map((text) => figures.take(text))).toEqual([404, 404, 404, 400]);
    expect([figures.waiting, figures.counts]).toEqual([0, { passed: 0, refused: 4 }]);
  });

  it('a flood of forged ones takes no memory and changes nothing', () => {
    const figures = bench();
    for (let i = 0; i < 20_000; i++) figures.take(body(i, 'run-2'));
    expect([figures.waiting, figures.counts.refused]).toEqual([0, 20_000]);
    expect(figures.take(body(4))).toBe(200);
    expect(figures.waiting).toBe(1);
  });

  it('of the oldest calls are given up when too many never report', () => {
    const figures = new FarFigures('run-1', () => true);
    for (let call = 0; call <= 100_000; call++) figures.await(call, 0, null);
    expect([figures.take(body(0)), figures.waiting]).toEqual([200, 0]);
    expect([figures.take(body(1)), figures.waiting]).toEqual([200, 1]);
  });
});

it.each([
  ['callgauge', [0]],
  ['Callgauge/1.2', [0]],
  ['callgauge-proxy', []],
  ['Asterisk callgauge', []],
  [null, []],
])('a far side that calls itself %s', (agent, ours) => {
  const figures = new FarFigures('run-1', () => true);
  figures.await(0, 0, agent);
  expect(figures.ourAnswerers).toEqual(ours);
});
