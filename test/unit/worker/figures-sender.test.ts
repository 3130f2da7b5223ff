import { describe, expect, it } from 'vitest';
import { FiguresSender } from '../../../src/worker/figures-sender.js';
import { FIGURES_RULES, parseFigures } from '../../../src/worker/figures-report.js';
import { legsOf } from '../run/batches.js';
import { Network, agentOn } from '../sip/ua/network.js';

const tokenAt = (address: string, call = 0) => ({ address, port: 5060, runId: 1, call });
const TOTALS = legsOf({ codec: 0, lost: 2 });

/** An answerer at 10.0.0.2, and a run at 10.0.0.1 that gives `status` to whatever it is told. */
function bench(status = 200, mayReach = (address: string): boolean => address.startsWith('10.')) {
  const network = new Network();
  const { agent: run } = agentOn(network, '10.0.0.1', 1, { publications: FIGURES_RULES });
  const { agent: userAgent } = agentOn(network, '10.0.0.2', 2);
  const bodies: string[] = [];
  run.onPublish = (body) => {
    bodies.push(body);
    return status;
  };
  const sender = new FiguresSender({ userAgent, timers: network.wheel, mayReach });
  const published = (): number => network.sentBy('10.0.0.2').length;
  return { network, sender, bodies, published };
}

describe('a report', () => {
  it('goes to the address of its token as a PUBLISH, and is counted when it is taken', () => {
    const { network, sender, bodies } = bench();
    let wire = '';
    network.lose = (data) => {
      wire ||= data;
      return false;
    };
    sender.report(tokenAt('10.0.0.1', 5), TOTALS);
    expect(sender.pending).toBe(1);
    network.wheel.advance(100);
    expect(wire.startsWith('PUBLISH sip:callgauge@10.0.0.1:5060 SIP/2.0\r\n')).toBe(true);
    expect(wire).toContain('\r\nEvent: vq-rtcpxr\r\n');
    expect(wire.length).toBeLessThan(1200);
    expect(bodies.map((body) => parseFigures(body)?.token)).toEqual([tokenAt('10.0.0.1', 5)]);
    expect([sender.pending, sender.counts]).toEqual([0, { passed: 1, refused: 0 }]);
  });

  it('that is lost is sent again', () => {
    const { network, sender, bodies, published } = bench();
    network.lose = (_, index) => index < 2;
    sender.report(tokenAt('10.0.0.1'), TOTALS);
    network.wheel.advance(3000);
    expect([published(), bodies.length, sender.counts.passed]).toEqual([3, 1, 1]);
  });

  it('that is refused counts as that, and the next is sent nevertheless', () => {
    const { network, sender, bodies } = bench(404);
    sender.report(tokenAt('10.0.0.1'), TOTALS);
    network.wheel.advance(100);
    sender.report(tokenAt('10.0.0.1', 1), TOTALS);
    network.wheel.advance(200);
    expect([bodies.length, sender.counts]).toEqual([2, { passed: 0, refused: 2 }]);
  });

  it('never leaves for an address that may not be reached', () => {
    const { network, sender, published } = bench();
    sender.report(tokenAt('192.0.2.7'), TOTALS);
    network.wheel.advance(100);
    expect([published(), sender.pending, sender.counts.refused]).toEqual([0, 0, 1]);
  });
});

describe('many reports at once', () => {
  it('are paced, ten in ten milliseconds, and all of them arrive', () => {
    const { network, sender, bodies, published } = bench();
    for (let call = 0; call < 2000; call++) sender.report(tokenAt('10.0.0.1', call), TOTALS);
    expect(published()).toBe(1);
    network.wheel.advance(100);
    expect(published()).toBe(101);
    network.wheel.advance(4000);
    expect([bodies.length, sender.counts]).toEqual([2000, { passed: 2000, refused: 0 }]);
  });

  it('that come while the last ones are under way wait for their turn', () => {
    const { network, sender, published } = bench();
    for (let call = 0; call < 30; call++) {
      sender.report(tokenAt('10.0.0.1', call), TOTALS);
      sender.report(tokenAt('10.0.0.1', 100 + call), TOTALS);
    }
    expect(published()).toBe(1);
    network.wheel.advance(10);
    expect(published()).toBe(11);
  });

  it('are bounded: of those beyond 10,000 waiting ones nothing is kept', () => {
    const { sender } = bench();
    for (let call = 0; call < 12_000; call++) sender.report(tokenAt('10.0.0.1', call), TOTALS);
    expect(sender.pending).toBeLessThanOrEqual(10_010);
    expect(sender.counts.refused + sender.pending).toBe(12_000);
  });

  it('to nobody: no more than 1,000 are under way, and after the first timeout the rest is given up', () => {
    const { network, sender } = bench();
    for (let call = 0; call < 3000; call++) sender.report(tokenAt('10.9.9.9', call), TOTALS);
    network.wheel.advance(20_000);
    const first = network.log.filter((line) => line.includes('PUBLISH')).length;
    expect(first).toBeLessThanOrEqual(1000 * 9); // 0.5, 1, 2, 4, 4, … s: nine copies in 20 s
    network.wheel.advance(34_000);
    expect([sender.pending, sender.counts]).toEqual([0, { passed: 0, refused: 3000 }]);
    sender.report(tokenAt('10.9.9.9'), TOTALS);
    network.wheel.advance(34_100);
    expect(sender.counts.refused).toBe(3001);
    network.wheel.advance(100_000);
    expect(network.wheel.size).toBe(0);
  });
});

it('a run that appears where there was none is told again after a minute', () => {
  const { network, sender, bodies } = bench();
  network.lose = () => network.wheel.nowMs < 33_000;
  sender.report(tokenAt('10.0.0.1'), TOTALS);
  network.wheel.advance(95_000);
  sender.report(tokenAt('10.0.0.1', 1), TOTALS);
  network.wheel.advance(95_100);
  expect(bodies).toHaveLength(1);
});
