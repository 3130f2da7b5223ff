/** The course of a call against Asterisk: hold and codec change from both sides, redirection, INFO, blind transfer, session timer. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asteriskAvailable, BEHIND_ASTERISK_PORT, startAsterisk, type Asterisk } from './asterisk-peer.js';
import { receivedOf, responsesOf, runCallgauge, startAnswerer, type Answerer, type RunOutcome } from './callgauge.js';

const CALLS = 2;

// Again: on a host that others load Asterisk and we are late.
describe.skipIf(!asteriskAvailable())('the course of a call, against Asterisk', { retry: 1 }, () => {
  let asterisk: Asterisk | undefined;
  let answerer: Answerer | undefined;
  beforeAll(async () => {
    asterisk = await startAsterisk();
  });
  afterEach(async () => {
    await answerer?.stop();
    answerer = undefined;
  });
  afterAll(() => asterisk?.stop());

  const uri = (extension: string): string => asterisk?.uri(extension) ?? '';
  /** @param call lines below `call:` */
  const run = (extension: string, call: string): Promise<RunOutcome> => {
    const head = `version: 1\nname: flow\ntarget: ${uri(extension)}\nload: { calls: ${CALLS} }\ncall:\n`;
    return runCallgauge([], { scenario: head + call });
  };
  const ALL_GOOD = { attempted: CALLS, answered: CALLS, completed: CALLS, succeeded: CALLS, oneWay: 0, causes: [] };

  it.concurrent('hold, resume, another codec, UPDATE, and a session timer that Asterisk agrees to', async () => {
    const { result } = await run(
      'echo',
      `  hold: 5s
  sessionTimer: { expires: 90s, refresher: uac }
  expect: { headers: { Session-Expires: "90;refresher=uac", Server: asterisk }, sdp: { codec: PCMU } }
  steps:
    - wait: 1s
    - hold: 1s
    - resume
    - reinvite: { codec: PCMA }
    - update
`,
    );
    expect(result.calls).toMatchObject(ALL_GOOD);
    expect(responsesOf(result)).toMatchObject({ 'INVITE 200': 4 * CALLS, 'UPDATE 200': CALLS, 'BYE 200': CALLS });
    expect(result.endpoints[0]?.codecs.map(({ codec }) => codec)).toContain('PCMA');
    const { packets } = receivedOf(result);
    // Five seconds without that of the hold; Asterisk begins and goes on a little late.
    expect(packets.expected).toBeGreaterThan(CALLS * 3 * 50);
    expect(packets.expected).toBeLessThan(CALLS * 4.3 * 50);
    expect(packets.lost).toBeLessThanOrEqual(CALLS * 5);
  });

  it.concurrent('a late offer, a redirection that is followed, and one that is not', async () => {
    const [late, followed, refused] = await Promise.all([
      run('echo', '  hold: 2s\n  lateOffer: true\n'),
      run('moved', '  hold: 2s\n  followRedirects: 1\n'),
      run('moved', '  expect: { status: 302, headers: { Contact: "*sip:echo@127.0.0.1:*" } }\n'),
    ]);
    expect(late.result.calls).toMatchObject(ALL_GOOD);
    expect(followed.result.calls).toMatchObject(ALL_GOOD);
    expect(responsesOf(followed.result)).toMatchObject({ 'INVITE 302': CALLS, 'INVITE 200': CALLS });
    expect(refused.result.calls).toMatchObject({ attempted: CALLS, answered: 0, succeeded: CALLS });
  });

  it.concurrent('a transfer that Asterisk asks for is taken where the scenario says so, and declined where not', async () => {
    const [taken, declined] = await Promise.all([
      run('refer', '  hold: 4s\n  acceptTransfer: true\n'),
      run('refer', '  hold: 4s\n'),
    ]);
    expect(taken.result.calls).toMatchObject(ALL_GOOD);
    expect(taken.result.transfers).toMatchObject({ calls: CALLS, asked: CALLS, answered: CALLS, causes: [] });
    expect(responsesOf(taken.result)).toMatchObject({ 'INVITE 200': 2 * CALLS, 'NOTIFY 200': 2 * CALLS });
    // A second of silence before the transfer, and three of echo behind it.
    expect(receivedOf(taken.result).packets.expected).toBeGreaterThan(CALLS * 2.5 * 50);
    expect(declined.result.transfers).toMatchObject({ asked: CALLS, answered: 0, refused: CALLS });
    expect(declined.result.warnings.join()).toContain('call.acceptTransfer');
  });

  it.concurrent('a key pressed by INFO is heard, and without it Asterisk hangs up', async () => {
    const info =
      '  steps: [{ wait: 500ms }, { info: { type: application/dtmf-relay, body: "Signal=5\\nDuration=160" } }]\n';
    const [told, silent] = await Promise.all([run('digit', `  hold: 5s\n${info}`), run('digit', '  hold: 5s\n')]);
    expect(told.result.calls).toMatchObject(ALL_GOOD);
    expect(silent.result.calls).toMatchObject({ answered: CALLS, dropped: CALLS, succeeded: 0 });
  });

  it.concurrent('keys as events are heard, and those that come back are the same', async () => {
    const steps = '  steps: [{ wait: 500ms }, { dtmf: "4*2" }, { expectDtmf: "4*2" }]\n';
    const { result } = await run('keys', `  hold: 3s\n${steps}`);
    expect(result.calls).toMatchObject(ALL_GOOD);
    expect(result.dtmf).toMatchObject({ calls: CALLS, sent: { rfc4733: 3 * CALLS }, mismatched: 0 });
    expect(result.dtmf?.received).toMatchObject({ rfc4733: 3 * CALLS, info: 0, inband: 0 });
    // SendDTMF presses each key for 120 ms.
    expect(result.dtmf?.received.durationMs?.p50).toBeGreaterThan(90);
    expect(result.dtmf?.received.durationMs?.p50).toBeLessThan(200);
    expect(receivedOf(result).packets.lost).toBeLessThanOrEqual(CALLS * 3);
  });

  it('a blind transfer takes us out of the call, and the far side goes on to another', async () => {
    answerer = await startAnswerer(BEHIND_ASTERISK_PORT);
    const { result } = await run('bridge', `  hold: 20s\n  steps: [{ wait: 1s }, { refer: "${uri('tone')}" }]\n`);
    expect(result.calls).toMatchObject({ ...ALL_GOOD, oneWay: 0 });
    expect(result.durationMs).toBeLessThan(15_000);
  });

  it('the far side behind Asterisk holds and resumes', async () => {
    answerer = await startAnswerer(BEHIND_ASTERISK_PORT, ['--steps', 'wait=1s,hold=1s,resume,reinvite=PCMA']);
    const { result } = await run('bridge', '  hold: 4s\n');
    expect(result.calls).toMatchObject({ attempted: CALLS, completed: CALLS, succeeded: CALLS, dropped: 0 });
    expect((await answerer.stop()).counts).toMatchObject({ calls: CALLS, answered: CALLS, failed: 0 });
  });
});
