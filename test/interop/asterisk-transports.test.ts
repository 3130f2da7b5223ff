/** Asterisk over TCP, TLS, WebSockets and IPv6: calls that we end, calls that it ends, and credentials. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asteriskAvailable, startAsterisk, type Asterisk } from './asterisk-peer.js';
import { checkEnd, runCallgauge } from './callgauge.js';

const GOOD = ['--gate', 'success_ratio == 100%'];
/** Asterisk can say to a WebSocket client where its audio is only with an account of its own. */
const ARGUMENTS = {
  tcp: [],
  tls: [],
  ws: ['--user', 'web', '--password', 'secret'],
  ipv6: [],
} as const;

// Again: on a host that others load a run is rightly inconclusive.
describe.skipIf(!asteriskAvailable()).concurrent('run against Asterisk over other transports', { retry: 1 }, () => {
  let asterisk: Asterisk | undefined;
  beforeAll(async () => {
    asterisk = await startAsterisk();
  });
  afterAll(() => asterisk?.stop());

  const ways = ['tcp', 'tls', 'ws', 'ipv6'] as const;
  const call = (way: (typeof ways)[number], extension: string, ...args: readonly string[]) => {
    const trust = way === 'tls' ? ['--tls-ca', asterisk?.caFile ?? ''] : [];
    const target = asterisk?.uriOver(way, extension) ?? '';
    return runCallgauge(['--target', target, ...trust, ...ARGUMENTS[way], ...args]);
  };

  it.each(ways)('%s: calls with audio both ways, that we end', async (way) => {
    const outcome = await call(way, 'echo', '--calls', '3', '--rate', '10/s', '--hold', '2s', ...GOOD);
    checkEnd(outcome, 0, 'pass');
    expect(outcome.result.calls).toMatchObject({ completed: 3, failed: 0, dropped: 0, oneWay: 0, noMedia: 0 });
    expect(outcome.result.quality.received?.packets).toMatchObject({ lost: 0, stray: 0 });
    const { retransmissions } = outcome.result.signalling;
    expect(way === 'ipv6' ? [] : retransmissions).toEqual([]);
  });

  it.each(['tcp', 'tls', 'ws'] as const)('%s: a connection for each call', async (way) => {
    const args = ['--calls', '3', '--rate', '10/s', '--hold', '1s', '--connections', 'call', ...GOOD];
    const outcome = await call(way, 'echo', ...args);
    checkEnd(outcome, 0, 'pass');
    expect(outcome.result.calls).toMatchObject({ completed: 3, failed: 0, dropped: 0, oneWay: 0, noMedia: 0 });
  });

  it.each(ways)('%s: its BYE reaches us', async (way) => {
    const { calls } = await call(way, 'bye5', '--calls', '1', '--hold', '20s');
    expect(calls.map(({ outcome, cause }) => [outcome, cause])).toEqual([['dropped', 'remoteBye']]);
  });

  it('tls: encrypted audio (SRTP) is measured both ways, as that in the clear is', async () => {
    // As packaged it has no AES-256, and takes the second of what is offered.
    const suites = 'AES_256_CM_HMAC_SHA1_80,AES_CM_128_HMAC_SHA1_80';
    const secure = ['--user', 'srtp', '--password', 'secret', '--srtp', suites];
    const outcome = await call('tls', 'echo', '--calls', '1', '--hold', '6s', ...secure, ...GOOD);
    checkEnd(outcome, 0, 'pass');
    const { result, stderr } = outcome;
    expect(result.calls).toMatchObject({ completed: 1, failed: 0, oneWay: 0, noMedia: 0, roundTrip: 0 });
    expect(result.endpoints[0]?.srtp).toEqual([{ suite: 'AES_CM_128_HMAC_SHA1_80', legs: 1 }]);
    const { received, sent } = result.quality;
    expect(received?.packets).toMatchObject({ lost: 0, duplicate: 0, stray: 0, srtpAuthFailures: 0 });
    expect(received?.packets.received).toBeGreaterThan(200);
    expect(received?.mosLq?.p50).toBeGreaterThan(4.3);
    // Its reports are encrypted as well: they are what is known of our direction, and of the round trip.
    expect(sent?.packets.received).toBeGreaterThan(0);
    expect(sent?.packets.lost).toBe(0);
    expect(received?.rttMs?.count).toBeGreaterThan(0);
    expect(result.warnings.join()).not.toContain('keys are in the SDP');
    expect(JSON.stringify(result) + stderr).not.toMatch(/inline:(?!\[masked\])/);
  });

  it('tls: a certificate of an authority that we do not trust is a cause of each call', async () => {
    const args = ['--calls', '2', '--rate', '10/s', '--hold', '1s'];
    const { result } = await runCallgauge(['--target', asterisk?.uriOver('tls', 'echo') ?? '', ...args]);
    expect(result.verdict).toBe('could-not-run');
    expect(result.calls.causes).toMatchObject([{ cause: 'tlsFailed', phase: 'setup', count: 2 }]);
  });
});
