import { expect, it } from 'vitest';
import { createUri } from '../../../src/sip/message/uri.js';
import { AnswererDriver } from '../../../src/worker/answerer-driver.js';
import { Network, Recorder, SDP, agentOn } from '../sip/ua/network.js';

const TARGET = createUri({ host: '10.0.0.2' });

function bench(slots: number) {
  const network = new Network();
  const { agent: caller } = agentOn(network, '10.0.0.1', 1);
  const { agent } = agentOn(network, '10.0.0.2', 2);
  let free = slots;
  const driver = new AnswererDriver(agent, {
    timers: network.wheel,
    slots: {
      measured: true,
      take: () =>
        free-- > 0 ? { address: '10.0.0.2', rtpPort: 4000, connect: () => {}, release: () => void free++ } : null,
    },
    media: { codecs: ['PCMU'], ptimeMs: 20, mayReach: () => true },
    rejectStatus: null,
    ringMs: 100,
    dropAfterMs: null,
    epochNs: 0,
    now: () => network.wheel.nowMs * 1e6,
  });
  const place = () => caller.invite({ target: TARGET, sdp: SDP }, new Recorder());
  return { network, driver, place };
}

it('counts every call that comes, and has one record of each that ended', () => {
  const { network, driver, place } = bench(2);
  const calls = [place(), place(), place()];
  network.wheel.advance(1000);
  expect(driver.counts).toEqual({ started: 3, intended: 3, answered: 2, failed: 1, active: 2, peakActive: 2 });
  expect(driver.takeRecords().map(({ call, cause }) => [call, cause])).toEqual([[2, 'noSlot']]);
  calls[0]!.bye();
  network.wheel.advance(2000);
  expect(driver.counts).toMatchObject({ active: 1, peakActive: 2 });
  expect(driver.takeRecords().map(({ call, outcome }) => [call, outcome])).toEqual([[0, 'completed']]);
  expect([driver.liveCalls, driver.finished, driver.nextMs]).toEqual([1, false, null]);
});

it('drained it takes no call any more, ends what lives, and is finished when that has ended', () => {
  const { network, driver, place } = bench(9);
  place();
  network.wheel.advance(1000);
  place(); // still rings when the end comes
  network.wheel.advance(1050);
  driver.drain();
  expect([driver.liveCalls, driver.finished]).toEqual([1, false]);
  place();
  network.wheel.advance(2000);
  expect([driver.liveCalls, driver.finished]).toEqual([0, true]);
  expect(driver.takeRecords().map(({ call, outcome }) => [call, outcome])).toEqual([
    [1, 'cut'],
    [0, 'cut'],
  ]);
  expect(driver.counts).toMatchObject({ started: 2, active: 0, failed: 0 });
  expect(network.sentBy('10.0.0.2').filter((line) => line.includes('503'))).toHaveLength(1);
});

it('abandoned it is finished at once', () => {
  const { network, driver, place } = bench(9);
  place();
  network.wheel.advance(1000);
  driver.drain();
  driver.abandon();
  expect(driver.finished).toBe(true);
  network.wheel.advance(100_000);
  expect(driver.takeRecords()).toHaveLength(1);
  expect(driver.counts.active).toBe(0);
});
