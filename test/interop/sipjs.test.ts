/** sip.js, a user agent that shares no line with ours, in both roles. */
import { afterEach, describe, expect, it } from 'vitest';
import { responsesOf, runCallgauge, startAnswerer, type Answerer } from './callgauge.js';
import { startSipJs, type SipJsPeer } from './sipjs-peer.js';

const OUR_PORT = 15_852;

describe('sip.js', () => {
  let peer: SipJsPeer | undefined;
  let answerer: Answerer | undefined;
  afterEach(async () => {
    await peer?.stop();
    await answerer?.stop();
    peer = undefined;
    answerer = undefined;
  });

  it('answers calls of ours and is hung up by them; nothing had to be sent twice', async () => {
    peer = await startSipJs('127.0.0.31');
    const load = ['--calls', '10', '--rate', '10/s', '--hold', '1s', '--no-media'];
    const { result } = await runCallgauge(['--target', peer.uri, ...load, '--gate', 'success_ratio == 100%']);
    expect(result).toMatchObject({ verdict: 'pass', calls: { answered: 10, completed: 10 } });
    expect(responsesOf(result)).toMatchObject({ 'INVITE 200': 10, 'BYE 200': 10 });
    expect([peer.answered, peer.ended]).toEqual([10, 10]);
    const methods = peer.received.map((line) => line.split(' ')[0]);
    const counts = ['INVITE', 'ACK', 'BYE'].map((method) => methods.filter((each) => each === method).length);
    expect(counts).toEqual([10, 10, 10]);
  });

  it('calls our answerer: accepted, refused, and its BYE is answered', async () => {
    answerer = await startAnswerer(OUR_PORT, []);
    peer = await startSipJs('127.0.0.32', OUR_PORT);
    const target = `sip:echo@127.0.0.1:${OUR_PORT}`;
    expect(await Promise.all([peer.call(target, 300), peer.call(target, 300)])).toEqual([200, 200]);
    expect((await answerer.stop()).counts).toMatchObject({ calls: 2, answered: 2, failed: 0 });
    answerer = await startAnswerer(OUR_PORT, ['--mode', 'busy']);
    expect(await peer.call(target, 0)).toBe(486);
  });
});
