/** Digest authentication against SIPp, which checks our answers with code of its own (`verifyauth`). */
import { afterEach, describe, expect, it } from 'vitest';
import { responsesOf, runCallgauge } from './callgauge.js';
import { sippAvailable, startSippUas, type SippUas } from './sipp-peer.js';

const PORT = 15_110;
const CALLS = ['--target', `sip:load@127.0.0.1:${PORT}`, '--calls', '5', '--rate', '10/s', '--hold', '1s'];
const GATE = ['--gate', 'success_ratio >= 99%'];

describe.skipIf(!sippAvailable())('a SIPp that challenges', () => {
  let uas: SippUas | undefined;
  afterEach(async () => {
    await uas?.stop();
    uas = undefined;
  });

  it('takes our answers, in the INVITE and in the BYE; the audio goes where its early SDP says', async () => {
    uas = await startSippUas({ port: PORT, mediaPort: 26_100, behaviour: 'auth' });
    const { result, calls } = await runCallgauge([...CALLS, ...GATE, '--user', '1001', '--password', 's3cret']);
    expect(result.calls).toMatchObject({ requested: 5, attempted: 5, answered: 5, completed: 5, succeeded: 5 });
    expect(responsesOf(result)).toEqual({ 'BYE 200': 5, 'INVITE 183': 5, 'INVITE 200': 5, 'INVITE 401': 5 });
    for (const call of calls) {
      expect(call.earlyMedia).toBe(true);
      expect(call.sent?.packets).toBeGreaterThan(40);
    }
    expect(await uas.stop()).toMatchObject({ created: 5, successful: 5, failed: 0, unexpectedMessages: 0 });
  });

  it('refuses a wrong password: a failed call, with the reason that it gave', async () => {
    uas = await startSippUas({ port: PORT, mediaPort: 26_100, behaviour: 'auth' });
    const { result, calls } = await runCallgauge([...CALLS, '--no-media', '--user', '1001', '--password', 'wrong']);
    expect(result.calls).toMatchObject({ attempted: 5, answered: 0, failed: 5 });
    expect(responsesOf(result)).toEqual({ 'INVITE 401': 5, 'INVITE 403': 5 });
    for (const { cause, detail } of calls) {
      expect([cause, detail]).toEqual(['forbidden', '403 Forbidden; Q.850 cause 21 (Call rejected)']);
    }
  });

  it('is not answered without credentials, and the call says which flags to give', async () => {
    uas = await startSippUas({ port: PORT, mediaPort: 26_100, behaviour: 'auth' });
    const { result, calls } = await runCallgauge([...CALLS, '--no-media']);
    expect(responsesOf(result)).toEqual({ 'INVITE 401': 5 });
    for (const { cause, detail } of calls) {
      expect(cause).toBe('unauthorized');
      expect(detail).toContain('give --user and --password');
    }
  });
});
