import { describe, expect, it } from 'vitest';
import { encodeCallToken, runIdOf, TOKEN_HEADER } from '../../../src/call/call-token.js';
import type { MediaSlot } from '../../../src/call/media-slots.js';
import { headerBlock } from '../../../src/sip/message/builder.js';
import { createUri } from '../../../src/sip/message/uri.js';
import { AnswererDriver } from '../../../src/worker/answerer-driver.js';
import { FarFigures } from '../../../src/worker/far-figures.js';
import { FIGURES_RULES } from '../../../src/worker/figures-report.js';
import { LEG } from '../../../src/worker/messages.js';
import { legsOf } from '../run/batches.js';
import { Network, Recorder, SDP, agentOn } from '../sip/ua/network.js';

const TARGET = createUri({ host: '10.0.0.2' });

/** Its media worker has measured the leg as soon as it is released. */
class FakeSlot implements MediaSlot {
  readonly address = '10.0.0.2';
  readonly rtpPort = 4000;
  onMeasured: MediaSlot['onMeasured'] = null;
  private connected = false;

  constructor(private readonly onRelease: () => void) {}

  connect(): void {
    this.connected = true;
  }

  update(): void {}

  release(): void {
    this.onRelease();
    if (this.connected) {
      this.onMeasured?.(legsOf({ codec: 0, lost: 3 }));
    }
  }
}

function bench(slots: number) {
  const network = new Network();
  const { agent: caller } = agentOn(network, '10.0.0.1', 1);
  const { agent } = agentOn(network, '10.0.0.2', 2);
  let free = slots;
  const driver = new AnswererDriver(agent, agent, {
    timers: network.wheel,
    slots: {
      measured: true,
      take: () => (free-- > 0 ? new FakeSlot(() => void free++) : null),
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

it('counts the transfers that callers ask for: none is taken', () => {
  const { network, driver, place } = bench(1);
  const call = place();
  network.wheel.advance(1000);
  const statuses: number[] = [];
  const headers = headerBlock([['Refer-To', '<sip:carol@10.0.0.3>']]);
  call.send({ method: 'REFER', headers }, ({ response }) => void statuses.push(response?.status ?? 0));
  network.wheel.advance(2000);
  call.bye();
  network.wheel.advance(3000);
  expect([statuses, driver.declinedTransfers]).toEqual([[603], 1]);
  const refused = { outcome: 'refused', sipStatus: 603, cause: 'transferOfCalledLeg', askedMs: 1010 };
  expect(driver.takeRecords()[0]?.transfers).toMatchObject({ asked: 1, first: [refused] });
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

/** A run at 10.0.0.1 that takes reports, and calls with its token; `between` plays the PBX. */
const called = (between: (wire: string) => string) => {
  const { network, driver } = bench(9);
  const { agent, transport } = agentOn(network, '10.0.0.1', 1, { publications: FIGURES_RULES });
  const figures = new FarFigures('run', () => true);
  agent.onPublish = (body) => figures.take(body);
  const send = transport.send.bind(transport);
  transport.send = (data, ...to) => send(data.startsWith('INVITE') ? between(data) : data, ...to);
  const token = encodeCallToken({ address: '10.0.0.1', port: 5060, runId: runIdOf('run'), call: 4 })!;
  figures.await(4, 0, null);
  const headers = headerBlock([[TOKEN_HEADER, token]]);
  const call = agent.invite({ target: TARGET, sdp: SDP, displayName: token, headers }, new Recorder());
  network.wheel.advance(1000);
  call.bye();
  network.wheel.advance(2000);
  return { network, driver, rows: figures.takeRows() };
};

describe('what the answerer received', () => {
  it.each<[string, (wire: string) => string]>([
    ['directly', (wire) => wire],
    ['through a PBX that keeps the name', (wire) => wire.replace(/X-Callgauge-Call: .*\r\n/, '')],
    [
      'through one that adds to it',
      (wire) => wire.replace(/X-Callgauge-Call: .*\r\n/, '').replace('"cg-', '"Ext 7 CG-'),
    ],
  ])('comes back to the run, %s', (_, between) => {
    const { driver, rows } = called(between);
    expect([rows.length, rows[LEG.call], rows[LEG.lost]]).toEqual([LEG.columns, 4, 3]);
    expect([driver.figures, driver.pendingReports]).toEqual([{ passed: 1, refused: 0 }, 0]);
  });

  it('stays here where nothing is left of the token', () => {
    const { network, rows } = called((wire) => wire.replaceAll(/cg-\w+/g, 'anonymous'));
    expect(rows).toHaveLength(0);
    expect(network.sentBy('10.0.0.2').filter((line) => line.startsWith('PUBLISH'))).toEqual([]);
  });
});
