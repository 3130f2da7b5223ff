/** The test equipment itself: SIPp calls SIPp, and SIPp calls the hostile peer, before anything of ours is judged by them. */
import { afterEach, describe, expect, it } from 'vitest';
import { startHostilePeer, type HostilePeer } from './hostile-peer.js';
import { runSippUac, sippAvailable, startSippUas, type SippUas } from './sipp-peer.js';

const UAS = { port: 15_000, mediaPort: 15_200 };
const CALL = { port: 15_001, mediaPort: 15_400, calls: 3, rate: 20, durationMs: 1000, timeoutSeconds: 30 };

describe.skipIf(!sippAvailable())('SIPp', () => {
  let uas: SippUas | undefined;
  let hostile: HostilePeer | undefined;
  afterEach(async () => {
    await uas?.stop();
    await hostile?.stop();
    uas = undefined;
    hostile = undefined;
  });

  it('calls an echo and gets its audio sent back', async () => {
    uas = await startSippUas({ ...UAS, behaviour: 'echo' });
    const { exitCode, counters, errors } = await runSippUac({ ...CALL, target: `127.0.0.1:${UAS.port}` });
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(counters).toMatchObject({ created: 3, successful: 3, failed: 0, current: 0 });
    const answered = await uas.stop();
    expect(answered).toMatchObject({ created: 3, successful: 3, failed: 0 });
    // 3 calls × 50 packets, less what the last refresh of the screen did not show.
    expect(answered.echoedRtpPackets).toBeGreaterThan(50);
  });

  it('counts refused calls as failed', async () => {
    uas = await startSippUas({ ...UAS, behaviour: 'busy' });
    const { exitCode, counters, errors } = await runSippUac({ ...CALL, target: `127.0.0.1:${UAS.port}` });
    expect(exitCode).toBe(1);
    expect(errors).toContain('486 Busy Here');
    expect(counters).toMatchObject({
      created: 3,
      successful: 0,
      failed: 3,
      unexpectedMessages: 3,
      echoedRtpPackets: null,
    });
    expect(await uas.stop()).toMatchObject({ created: 3, successful: 3, failed: 0 });
  });

  it('says why it did not start', async () => {
    uas = await startSippUas({ ...UAS, behaviour: 'silent' });
    const second = startSippUas({ ...UAS, port: 70_000, behaviour: 'silent' });
    await expect(second).rejects.toThrow('expected SIPp on UDP port 70000');
  });

  it('completes a call with the hostile peer when that behaves', async () => {
    hostile = await startHostilePeer({ packets: 10 });
    const { exitCode } = await runSippUac({ ...CALL, calls: 1, target: `127.0.0.1:${hostile.port}` });
    expect(exitCode).toBe(0);
    expect(Object.fromEntries(hostile.received.requests)).toEqual({ INVITE: 1, ACK: 1, BYE: 1 });
    expect(hostile.received.rtpPackets).toBeGreaterThan(30);
  });
});
