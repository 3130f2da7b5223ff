/** PRACK, session timers, UPDATE, late offer, hold and resume against SIPp, which checks what we say by expressions of its own. */
import { afterEach, describe, expect, it } from 'vitest';
import { receivedOf, responsesOf, runCallgauge, startAnswerer } from './callgauge.js';
import { runSippUac, sippAvailable, startSippUas, type SippUas } from './sipp-peer.js';

const PORT = 15_100;

describe.skipIf(!sippAvailable())('the course of a call, against SIPp', () => {
  let peer: SippUas | undefined;
  afterEach(async () => {
    await peer?.stop();
    peer = undefined;
  });

  it('as the caller: 422, reliable 183 and PRACK, refresh by UPDATE, held and resumed by the far side, INFO', async () => {
    peer = await startSippUas({ port: PORT, mediaPort: 26_000, behaviour: 'flow' });
    const scenario = `version: 1
name: flow
target: sip:load@127.0.0.1:${PORT}
call:
  hold: 6s
  sessionTimer: { expires: 90s, refresher: uac }
  expect: { headers: { Session-Expires: "4;refresher=uac" }, sdp: { codec: PCMU, direction: sendrecv } }
load: { calls: 2 }
`;
    const { result } = await runCallgauge([], { scenario });
    expect(result.calls).toMatchObject({ answered: 2, completed: 2, succeeded: 2, oneWay: 0, causes: [] });
    expect(responsesOf(result)).toEqual({
      'INVITE 422': 2,
      'INVITE 183': 2,
      'PRACK 200': 2,
      'INVITE 200': 2,
      'UPDATE 200': 2,
      'BYE 200': 2,
    });
    // 6 s, of which one was on hold: nothing of it counts as lost, and the echo of our own audio is whole but for a few.
    const { packets } = receivedOf(result);
    expect(packets.expected).toBeGreaterThan(2 * 4.5 * 50);
    expect(packets.expected).toBeLessThan(2 * 5.2 * 50);
    expect(packets.lost).toBeLessThanOrEqual(4);
    expect(await peer.stop()).toMatchObject({ created: 2, successful: 2, failed: 0, unexpectedMessages: 0 });
  });

  it('as the called side: late offer by a reliable 180, session timer, hold and resume by us, what must be refused', async () => {
    const answerer = await startAnswerer(0, ['--steps', 'wait=300ms,hold=500ms,resume']);
    const call = { port: 15_102, mediaPort: 26_500, target: `127.0.0.1:${answerer.port}`, timeoutSeconds: 30 };
    const called = await runSippUac({ ...call, behaviour: 'flow', calls: 2, rate: 10, durationMs: 0 });
    const { counts } = await answerer.stop();
    expect({ exitCode: called.exitCode, errors: called.errors }).toEqual({ exitCode: 0, errors: '' });
    expect(called.counters).toMatchObject({ created: 2, successful: 2, failed: 0 });
    expect(counts).toMatchObject({ calls: 2, answered: 2, failed: 0, legs: 2 });
  });
});
