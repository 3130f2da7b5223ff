/** `run` → Kamailio with rtpengine → `answer`: a proxy in the route of every request, and a third count of the packets. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  checkEnd,
  receivedOf,
  responsesOf,
  runCallgauge,
  startAnswerer,
  type Answerer,
  type RunOutcome,
} from './callgauge.js';
import { BEHIND_KAMAILIO_PORT, kamailioAvailable, parseTotals, startKamailio, type Kamailio } from './kamailio-peer.js';

const CALLS = 10;
const HOLD_SECONDS = 3;
const PACKETS_EACH = HOLD_SECONDS * 50;

const run = ({ port }: Kamailio, ...args: readonly string[]): Promise<RunOutcome> => {
  const target = ['--target', `sip:load@127.0.0.1:${port}`, '--calls', `${CALLS}`, '--rate', '10/s'];
  return runCallgauge([...target, '--hold', `${HOLD_SECONDS}s`, '--gate', 'success_ratio == 100%', ...args]);
};

// Again: on a host that others load the last packets of a call may still be on their way when it ends.
describe.skipIf(!kamailioAvailable())('through Kamailio and rtpengine', { retry: 1 }, () => {
  let kamailio: Kamailio | undefined;
  let answerer: Answerer | undefined;
  afterEach(async () => {
    await Promise.all([kamailio?.stop(), answerer?.stop()]);
    kamailio = undefined;
    answerer = undefined;
  });

  it('caller, relay and called side count the same packets', async () => {
    kamailio = await startKamailio();
    answerer = await startAnswerer(BEHIND_KAMAILIO_PORT);
    const outcome = await run(kamailio);
    checkEnd(outcome, 0, 'pass');
    const { result } = outcome;
    expect(result.calls).toMatchObject({ answered: CALLS, completed: CALLS, oneWay: 0, noMedia: 0 });
    // ACK and BYE went by the Record-Route: else the answerer would have no call to end.
    expect(responsesOf(result)).toMatchObject({ 'INVITE 180': CALLS, 'INVITE 200': CALLS, 'BYE 200': CALLS });
    const { counts } = await answerer.stop();
    expect(counts).toMatchObject({ calls: CALLS, answered: CALLS, failed: 0, legs: CALLS, packetsLost: 0 });
    const { packets, perCall } = receivedOf(result);
    expect(packets).toMatchObject({ lost: 0, duplicate: 0, stray: 0, malformed: 0 });
    expect(packets.received).toBeGreaterThan(CALLS * (PACKETS_EACH - 20));
    expect(perCall.mosLq?.min).toBeGreaterThanOrEqual(4.3);
    const relayed = await kamailio.totals();
    expect(relayed).toMatchObject({ sessions: CALLS, errors: 0, oneWayStreams: 0 });
    // One packet of each direction may be under way when its call ends; RTCP passes here too, two reports in a call.
    const ours = (counts['packetsReceived'] ?? 0) + packets.received;
    expect(relayed.packets - ours).toBeGreaterThanOrEqual(0);
    expect(relayed.packets - ours).toBeLessThanOrEqual(CALLS * 8);
    expect(result.generator.sentPackets - (counts['packetsReceived'] ?? 0)).toBeLessThanOrEqual(CALLS * 2);
  });

  it('is an outbound proxy: all goes there, though the target is somewhere else', async () => {
    kamailio = await startKamailio();
    answerer = await startAnswerer(BEHIND_KAMAILIO_PORT);
    const elsewhere = ['--target', 'sip:load@10.255.255.1', '--proxy', `sip:127.0.0.1:${kamailio.port}`];
    const load = ['--calls', '3', '--rate', '10/s', '--hold', '1s', '--gate', 'success_ratio == 100%'];
    const outcome = await runCallgauge([...elsewhere, ...load]);
    checkEnd(outcome, 0, 'pass');
    expect(responsesOf(outcome.result)).toMatchObject({ 'INVITE 200': 3, 'BYE 200': 3 });
    expect(outcome.result.calls).toMatchObject({ completed: 3, oneWay: 0, noMedia: 0 });
    expect((await answerer.stop()).counts).toMatchObject({ calls: 3, answered: 3, failed: 0 });
  });

  it('is a registrar, and a proxy between its users: both legs have one Call-ID, and our header comes through', async () => {
    kamailio = await startKamailio();
    const scenario = `version: 1
name: users
target: sip:127.0.0.1:${kamailio.port}
users:
  - { user: "1101", password: secret, labels: { site: berlin } }
  - { range: 1102-1103, password: secret, labels: { site: paris } }
  - { user: "1104", password: secret, labels: { site: berlin } }
call: { to: users, hold: 3s }
load: { calls: 4, stages: [{ rate: 2/s }] }
gates: [success_ratio == 100%, one_way == 0, ira == 0]
`;
    const outcome = await runCallgauge([], { scenario });
    checkEnd(outcome, 0, 'pass');
    const { signalling, quality, calls } = outcome.result;
    expect(calls).toMatchObject({ completed: 4, oneWay: 0, noMedia: 0 });
    expect(signalling.registrations).toMatchObject({
      users: 4,
      registeredAtBegin: 4,
      leftRegistered: 0,
      strangeCalls: 0,
    });
    expect(signalling.registrations?.secondLegs).toEqual({ byHeader: 4, byCallerName: 0, byCalledUser: 0 });
    expect(responsesOf(outcome.result)).toMatchObject({ 'REGISTER 401': 4, 'INVITE 200': 4, 'BYE 200': 4 });
    for (const direction of [quality.received, quality.sent]) {
      expect(direction?.packets).toMatchObject({ lost: 0, duplicate: 0 });
      expect(direction?.packets.received).toBeGreaterThan(4 * (PACKETS_EACH - 20));
      expect(direction?.perCall.mosLq?.count).toBe(4);
    }
    expect(outcome.calls.every(({ sent }) => sent?.basis === 'answerer')).toBe(true);
    // Each calls one of the other site: what is heard there stands by the labels of both.
    for (const { name, registrations, called, calls: placed } of outcome.result.endpoints) {
      expect(registrations).toMatchObject({ users: 2, registeredAtBegin: 2, attempts: 2 });
      const heard = outcome.calls.filter(({ calledEndpoint }) => calledEndpoint === name);
      expect([placed.attempted, heard.length, called?.legs, called?.perCall.mosLq?.count]).toEqual([2, 2, 2, 2]);
      expect(heard.some(({ endpoint }) => endpoint === name)).toBe(false);
      expect(called?.packets.received).toBe(heard.reduce((sum, { sent }) => sum + (sent?.received ?? 0), 0));
    }
  });

  it.each(['MD5', 'SHA-256'] as const)('407 with %s: answered in the INVITE', async (challenge) => {
    kamailio = await startKamailio({ challenge });
    answerer = await startAnswerer(BEHIND_KAMAILIO_PORT);
    const outcome = await run(kamailio, '--user', 'load', '--password', 'secret');
    checkEnd(outcome, 0, 'pass');
    expect(responsesOf(outcome.result)).toMatchObject({ 'INVITE 407': CALLS, 'INVITE 200': CALLS, 'BYE 200': CALLS });
    expect(receivedOf(outcome.result).packets).toMatchObject({ lost: 0 });
    expect((await answerer.stop()).counts).toMatchObject({ calls: CALLS, answered: CALLS, failed: 0 });
  });
});

it('reads the totals of rtpengine', () => {
  const text = ` Total managed sessions                          :3
 Total relayed packets (userspace)               :893
 Total relayed packets                           :893
 Total relayed packet errors                     :2
 Total number of 1-way streams                   :1
`;
  expect(parseTotals(text)).toEqual({ sessions: 3, packets: 893, errors: 2, oneWayStreams: 1 });
  expect(() => parseTotals('')).toThrow('Total managed sessions');
});
