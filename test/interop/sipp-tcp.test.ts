/** SIPp over one TCP connection (`-t t1`), as the called side and as the calling one. */
import { afterEach, describe, expect, it } from 'vitest';
import { checkEnd, responsesOf, runCallgauge, startAnswerer, type Answerer } from './callgauge.js';
import { runSippUac, sippAvailable, startSippUas, type SippUas } from './sipp-peer.js';

const SIPP = { port: 15_120, mediaPort: 26_200, transport: 'tcp' } as const;
const OUR_PORT = 15_122;

// Once more: on a host that others load a run is rightly inconclusive.
describe.skipIf(!sippAvailable())('SIPp over TCP', { retry: 1 }, () => {
  let uas: SippUas | undefined;
  let answerer: Answerer | undefined;
  afterEach(async () => {
    await uas?.stop();
    await answerer?.stop();
    uas = undefined;
    answerer = undefined;
  });

  it.each(['worker', 'call'])('answers 10 calls of ours, by one connection a %s', async (connections) => {
    uas = await startSippUas({ ...SIPP, behaviour: 'echo' });
    const target = `sip:load@127.0.0.1:${SIPP.port};transport=tcp`;
    const load = ['--calls', '10', '--rate', '10/s', '--hold', '2s', '--gate', 'success_ratio == 100%'];
    const outcome = await runCallgauge(['--target', target, '--connections', connections, ...load]);
    checkEnd(outcome, 0, 'pass');
    expect(outcome.result.calls).toMatchObject({ answered: 10, completed: 10, failed: 0, oneWay: 0, noMedia: 0 });
    expect(responsesOf(outcome.result)).toEqual({ 'BYE 200': 10, 'INVITE 180': 10, 'INVITE 200': 10 });
    expect(await uas.stop()).toMatchObject({ created: 10, successful: 10, failed: 0, retransmissions: 0 });
  });

  it('places 10 calls to our answerer', async () => {
    answerer = await startAnswerer(OUR_PORT, ['--transport', 'tcp']);
    const { exitCode, errors, counters } = await runSippUac({
      ...SIPP,
      target: `127.0.0.1:${OUR_PORT}`,
      calls: 10,
      rate: 10,
      durationMs: 1000,
    });
    expect([exitCode, errors]).toEqual([0, '']);
    expect(counters).toMatchObject({ created: 10, successful: 10, failed: 0, retransmissions: 0 });
    const { counts } = await answerer.stop();
    expect(counts).toMatchObject({ calls: 10, answered: 10, failed: 0 });
  });
});
