/** A target that is not there, or not there yet: exit 5 in good time, or patience. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { runCallgauge, startAnswerer, type Answerer } from './callgauge.js';

const NOBODY = ['--target', 'sip:load@127.0.0.1:15999', '--calls', '5', '--hold', '1s'];
const LATE_PORT = 15_400;

let answerer: Answerer | undefined;
afterEach(async () => {
  await answerer?.stop();
  answerer = undefined;
});

it('nobody there: gives up after 10 s and says what to check', async () => {
  const { exitCode, wallMs, result, stderr } = await runCallgauge(NOBODY);
  expect(exitCode).toBe(5);
  expect(result).toMatchObject({ verdict: 'could-not-run', exitCode: 5 });
  expect(result.reasons[0]).toContain('the target has answered nothing at all for 10 s');
  expect(result.reasons[0]).toContain('--wait');
  expect(result.calls).toMatchObject({ attempted: 5, answered: 0, cut: 5 });
  expect(result.signalling).toMatchObject({ responses: [], successRatio: null, malformed: 0 });
  expect(result.quality.received).toBeNull();
  expect(result.durationMs).toBeGreaterThan(10_000);
  expect(wallMs).toBeLessThan(13_000);
  expect(stderr).toContain('started:');
});

it('nobody there, with --wait 2s: asks by OPTIONS for 2 s and places no call', async () => {
  const { exitCode, wallMs, result } = await runCallgauge([...NOBODY, '--wait', '2s']);
  expect(exitCode).toBe(5);
  expect(result).toMatchObject({ verdict: 'could-not-run', durationMs: 0 });
  expect(result.reasons[0]).toBe(
    'the target did not answer OPTIONS within 2 s (check address, port and firewall; some peers, such as a plain SIPp, answer no OPTIONS at all)',
  );
  expect(result.calls.attempted).toBe(0);
  expect(wallMs).toBeGreaterThan(2000);
  expect(wallMs).toBeLessThan(4500);
});

it('a target that comes up 2 s later: --wait 20s finds it, and all calls are good', async () => {
  const target = ['--target', `sip:load@127.0.0.1:${LATE_PORT}`, '--calls', '5', '--hold', '1s'];
  const running = runCallgauge([...target, '--wait', '20s', '--gate', 'success_ratio == 100%']);
  await sleep(2000);
  answerer = await startAnswerer(LATE_PORT);
  const { exitCode, result, wallMs } = await running;
  expect(exitCode).toBe(0);
  expect(result.calls).toMatchObject({ attempted: 5, completed: 5, failed: 0 });
  expect(wallMs).toBeLessThan(12_000);
  const { counts } = await answerer.stop();
  expect(counts).toMatchObject({ calls: 5, answered: 5, failed: 0 });
});
