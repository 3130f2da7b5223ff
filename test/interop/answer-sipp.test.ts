/** `callgauge answer` called by SIPp: SIPp's counters, and the line that the answerer prints at its end. */
import { afterEach, describe, expect, it } from 'vitest';
import { startAnswerer, type Answerer } from './callgauge.js';
import { runSippUac, sippAvailable, type SippUacResult } from './sipp-peer.js';

const CALL = {
  port: 15_301,
  mediaPort: 26_500,
  calls: 5,
  rate: 10,
  durationMs: 2000,
  timeoutSeconds: 30,
};
const PACKETS = (CALL.calls * CALL.durationMs) / 20;

describe.skipIf(!sippAvailable())('answer, called by SIPp', () => {
  let answerer: Answerer | undefined;
  afterEach(async () => {
    await answerer?.stop();
    answerer = undefined;
  });

  async function callWith(args: readonly string[]): Promise<SippUacResult & { readonly wallMs: number }> {
    answerer = await startAnswerer(0, args);
    const startedAt = performance.now();
    const called = await runSippUac({ ...CALL, target: `127.0.0.1:${answerer.port}` });
    return { ...called, wallMs: performance.now() - startedAt };
  }

  async function countsAtEnd(): Promise<Readonly<Record<string, number>>> {
    const end = await answerer?.stop();
    expect(end?.exitCode).toBe(0);
    return end?.counts ?? {};
  }

  it.each(['echo', 'play'])('%s: answers all calls and hears every packet', async (mode) => {
    const { exitCode, errors, counters } = await callWith(['--mode', mode]);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(counters).toMatchObject({ created: 5, successful: 5, failed: 0, retransmissions: 0 });
    const counts = await countsAtEnd();
    expect(counts).toMatchObject({ calls: 5, answered: 5, failed: 0, legs: 5, packetsLost: 0 });
    expect(counts['packetsReceived']).toBe(counts['packetsExpected']);
    expect(Math.abs((counts['packetsReceived'] ?? 0) - PACKETS)).toBeLessThanOrEqual(3 * CALL.calls);
  });

  it('busy: SIPp sees 486 on every call', async () => {
    const { exitCode, errors, counters } = await callWith(['--mode', 'busy']);
    expect(exitCode).toBe(1);
    expect(errors).toContain('486 Busy Here');
    expect(counters).toMatchObject({ created: 5, successful: 0, failed: 5, unexpectedMessages: 5 });
    expect(await countsAtEnd()).toMatchObject({ calls: 5, answered: 0, failed: 5, legs: 0, packetsReceived: 0 });
  });

  it('rings for a second before it answers', async () => {
    const { exitCode, counters, wallMs } = await callWith(['--ring', '1s']);
    expect(exitCode).toBe(0);
    expect(counters).toMatchObject({ successful: 5, failed: 0 });
    expect(wallMs).toBeGreaterThan(1000 + CALL.durationMs);
    expect(await countsAtEnd()).toMatchObject({ calls: 5, answered: 5, failed: 0, packetsLost: 0 });
  });

  it('hangs up after a second: SIPp gets a BYE that it did not expect', async () => {
    const { exitCode, errors, counters } = await callWith(['--drop-after', '1s']);
    expect(exitCode).toBe(1);
    expect(errors.match(/unexpected BYE/g)).toHaveLength(5);
    expect(counters).toMatchObject({ created: 5, successful: 0, failed: 5 });
    const counts = await countsAtEnd();
    expect(counts).toMatchObject({ calls: 5, answered: 5, legs: 5, packetsLost: 0 });
    expect(Math.abs((counts['packetsReceived'] ?? 0) - (5 * 1000) / 20)).toBeLessThanOrEqual(15);
  });
});
