/** Users of Asterisk who call each other through it: it rewrites Call-ID and From, and both ends of each call are ours. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asteriskAvailable, startAsterisk, type Asterisk } from './asterisk-peer.js';
import { responsesOf, runCallgauge } from './callgauge.js';
import { runPeerScript } from './peer-script.js';

const SCENARIO = readFileSync(new URL('../../scenarios/registered-users.yaml', import.meta.url), 'utf8');
const PACKETS_PER_SECOND = 50;

// Again: on a host that others load Asterisk and we are late, and a run is rightly poorer or inconclusive.
describe.skipIf(!asteriskAvailable())('users of Asterisk', { retry: 1 }, () => {
  let asterisk: Asterisk | undefined;
  beforeAll(async () => {
    asterisk = await startAsterisk();
  });
  afterAll(() => asterisk?.stop());

  /** The scenario of the repository, with what stands for its variables. */
  const scenario = (users: string, password = 'secret'): string =>
    SCENARIO.replace('${env:PBX_TARGET}', `sip:127.0.0.1:${asterisk?.port}`)
      .replace('range: ${env:PBX_USERS}', `range: ${users}`)
      .replaceAll('${env:PBX_PASSWORD}', password);
  const contacts = (): Promise<string> =>
    runPeerScript('asterisk', ['cli', `port=${asterisk?.port}`, 'command=pjsip show contacts']);

  // Each with users of its own.
  describe.concurrent('side by side', () => {
    it('register, each from a port of its own, call each other, measure both ends, and unregister', async () => {
      const flags = ['--rate', '1.4/s', '--hold', '2s', '--connections', 'user'];
      const gates = ['berlin', 'paris'].flatMap((site) => [
        `success_ratio{site=${site}} >= 99%`,
        `mos{site=${site},direction=sent,per=call}.min >= 3.5`,
      ]);
      const sitesOf = 'range: 1101-1103\n    password: secret\n    labels: { site: berlin }\n  - range: 1104-1106\n';
      const labelled = scenario('1101-1106')
        .replace('range: 1101-1106\n', `${sitesOf}    labels: { site: paris }\n`)
        .replace('gates:\n', `gates:\n${gates.map((gate) => `  - ${gate}\n`).join('')}`);
      const outcome = await runCallgauge(flags, { scenario: labelled });
      // A busy host makes gates untrusted; none of the scenario fails or lacks values.
      const doubtful = outcome.result.gates.filter(({ state }) => state !== 'pass' && state !== 'untrusted');
      expect(doubtful.map(({ expr, state, observed, reason }) => ({ expr, state, observed, reason }))).toEqual([]);
      const { calls, signalling, quality } = outcome.result;
      expect(calls).toMatchObject({ attempted: 20, answered: 20, completed: 20, oneWay: 0, noMedia: 0 });
      // Calls of either site have figures of their own, and make up the run together.
      const sites = outcome.result.endpoints;
      expect(sites.map(({ name, labels, partOf }) => ({ name, labels, partOf }))).toEqual([
        { name: 'target (site=berlin)', labels: { site: 'berlin' }, partOf: 'target' },
        { name: 'target (site=paris)', labels: { site: 'paris' }, partOf: 'target' },
      ]);
      for (const { name, calls: own, quality: heard } of sites) {
        expect(own.attempted).toBeGreaterThan(0);
        expect(outcome.calls.filter((call) => call.endpoint === name)).toHaveLength(own.attempted);
        expect(heard.received?.perCall.mosLq?.count).toBe(own.attempted);
        expect(heard.sent?.perCall.mosLq?.count).toBe(own.attempted);
      }
      expect(sites.reduce((sum, { calls: own }) => sum + own.attempted, 0)).toBe(20);
      expect(
        outcome.result.gates.filter(({ expr }) => expr.includes('site=')).map(({ samples }) => samples > 0),
      ).toEqual([true, true, true, true]);
      expect(signalling.registrations).toMatchObject({
        users: 6,
        registeredAtBegin: 6,
        refused: 0,
        ineffective: 0,
        failures: [],
        leftRegistered: 0,
        // Asterisk passes the caller's name on, and no header of ours.
        secondLegs: { byHeader: 0, byCallerName: 20, byCalledUser: 0 },
        strangeCalls: 0,
      });
      expect(signalling.registrationDelayMs?.count).toBe(6);
      expect(responsesOf(outcome.result)).toMatchObject({
        'REGISTER 401': 6,
        'INVITE 401': 20,
        'INVITE 200': 20,
        'BYE 200': 20,
      });
      // Each way of each call, measured where it ends; a bridge passes nothing for its first tenths of a second.
      for (const direction of [quality.received, quality.sent]) {
        expect(direction?.packets).toMatchObject({ lost: 0, duplicate: 0, reordered: 0 });
        expect(direction?.packets.received).toBeGreaterThan(20 * 1.4 * PACKETS_PER_SECOND);
        expect(direction?.packets.received).toBeLessThanOrEqual(20 * 2.5 * PACKETS_PER_SECOND);
        expect(direction?.perCall.mosLq).toMatchObject({ count: 20, scale: 'MOS-LQEN' });
        expect(direction?.perCall.mosLq?.p50).toBeGreaterThanOrEqual(4);
      }
      expect(outcome.calls.map(({ sent }) => sent?.basis)).toEqual(Array.from({ length: 20 }, () => 'answerer'));
      // The called ends are known second by second, and not only when RTCP comes.
      expect(outcome.seconds.filter(({ direction }) => direction === 'sent').length).toBeGreaterThanOrEqual(20 * 2);
      // Both ends of a call said what they had to say, each with a Call-ID of its own.
      const [worst] = outcome.result.worstCalls;
      expect(worst?.ladder?.messages.at(0)?.firstLine).toMatch(/^INVITE sip:110\d@/);
      expect(worst?.calledLadder?.messages.at(0)).toMatchObject({ direction: 'in' });
      expect(worst?.calledLadder?.messages.map(({ firstLine }) => firstLine)).toContain('SIP/2.0 200 OK');
      expect(await contacts()).not.toMatch(/110[1-6]/);
    });

    it('of whom some have another password: those are in no call. The others hear the marker of theirs', async () => {
      const text = scenario('1109-1110').replace('  hold: 10s', '  hold: 4s\n  marker: true');
      const users = text.replace('range: 1109-1110', 'range: 1107-1108\n    password: wrong\n  - range: 1109-1110');
      const outcome = await runCallgauge(['--calls', '2', '--rate', '2/s', '--no-gates'], {
        scenario: users,
      });
      expect(outcome.result.calls).toMatchObject({ attempted: 2, completed: 2 });
      expect(outcome.calls.map(({ marker }) => marker)).toEqual(['confirmed', 'confirmed']);
      expect(outcome.result.signalling).toMatchObject({
        registrations: {
          users: 4,
          registeredAtBegin: 2,
          refused: 2,
          failures: [{ sipStatus: 401, count: 2 }],
          audioMarkers: { confirmed: 2, contradicted: 0, notHeard: 0 },
        },
        ira: 2 / 4,
      });
      expect(outcome.stderr).toContain('2 of 4 users are not registered: 401 unauthorized ×2');
    });
  });

  it('survive its restart without what it knew, and know a call by who is called alone', async () => {
    const text = scenario('1101-1104').replace('expires: 5m', 'expires: 10s').replace('hold: 10s', 'hold: 1s');
    const flags = ['--calls', '22', '--rate', '1/s', '--no-gates'];
    const running = runCallgauge(flags, { scenario: text.replace('  to: users', '  figures: false\n  to: users') });
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await asterisk?.stop();
    asterisk = await startAsterisk();
    const { result, calls } = await running;
    const { registrations } = result.signalling;
    expect(registrations).toMatchObject({ users: 4, registeredAtBegin: 4, refused: 0, leftRegistered: 0 });
    expect(registrations?.secondLegs).toMatchObject({ byHeader: 0, byCallerName: 0 });
    // Refreshed again and again; while it was away a REGISTER was only sent again.
    expect(registrations?.attempts).toBeGreaterThan(12);
    expect(result.calls.failed + result.calls.dropped).toBeGreaterThan(0);
    const last = calls.toSorted((a, b) => a.call - b.call).slice(-3);
    expect(last.map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed']);
    expect(last.every(({ sent }) => sent?.basis === 'answerer')).toBe(true);
    expect(await contacts()).not.toMatch(/110\d/);
  });
});
