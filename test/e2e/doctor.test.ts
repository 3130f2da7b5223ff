/** `callgauge doctor` as it is used: what it prints, its JSON, and its exit codes. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DoctorFacts, DoctorJudgement } from '../../src/run/doctor.js';
import { bash, cli, startCli } from './cli.js';

type Document = DoctorFacts & DoctorJudgement & { schemaVersion: number; exitCode: number };

describe('doctor', () => {
  test('measures the host: every check with its state, injected beside measured, exit 0 or 4 by its verdict', async () => {
    const { code, stdout, stderr } = await cli(['doctor', '--json']);
    const document = JSON.parse(stdout) as Document;
    expect(stderr).toContain('measuring on loopback');
    expect(document.schemaVersion).toBe(1);
    expect(document.exitCode).toBe(code);
    expect(code).toBe(document.verdict === 'fit' ? 0 : 4);
    expect(document.checks.map(({ id }) => id)).toEqual([
      'openFiles',
      'ports',
      'clock',
      'netBackend',
      'socketBuffer',
      'floorJitter',
      'sendLateness',
      'eventLoopDelay',
      'receiveDrops',
      'capacity',
      'readBack:loss=1%',
      'readBack:loss=5%',
      'readBack:loss=10%',
      'readBack:jitter=20ms',
      'readBack:delay=50ms',
    ]);
    // However busy the host is, packets that were lost on purpose are counted right.
    const losses = document.readBacks.filter(({ quantity }) => quantity === 'loss');
    expect(losses).toHaveLength(3);
    for (const { injected, measured, tolerance } of losses) {
      expect(measured).toBeGreaterThanOrEqual((injected ?? Number.NaN) - tolerance.below);
      expect(measured).toBeLessThanOrEqual(injected ?? Number.NaN);
    }
    // A busy host reads more delay and jitter than was injected, and never less.
    const [jitter, delay] = ['jitter', 'delay'].map((name) => document.readBacks.find((it) => it.quantity === name));
    expect(jitter?.measured).toBeGreaterThan((jitter?.injected ?? Number.NaN) * 0.95);
    expect(jitter?.measured).toBeLessThan((jitter?.injected ?? Number.NaN) * 1.5);
    expect(delay?.injected).toBe(50);
    expect(delay?.measured).toBeGreaterThan(49);
    expect(delay?.measured).toBeLessThan(75);
    const shares = losses.map(({ injected, of }) => (injected ?? 0) / (of ?? 1));
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(document.steady.floorJitterMs?.p50).toBeGreaterThan(0);
    expect(document.steady.sentPackets).toBeGreaterThan(5000);
  });

  test('without files for its own load it cannot run: exit 5 and how to mend it', async () => {
    const { code, stdout, stderr } = await bash('ulimit -n 150; callgauge doctor');
    expect(code).toBe(5);
    expect(stdout).toBe('');
    expect(stderr).toContain('the limit of this host is 150 (raise it (ulimit -n');
  });

  test('Ctrl-C ends it without a verdict, and its answerers with it', async () => {
    const doctor = startCli(['doctor']);
    await doctor.printed('measuring');
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const children = childrenOf(doctor.pid);
    expect(children.length).toBeGreaterThan(0);
    doctor.signal('SIGINT');
    expect(await doctor.end).toMatchObject({ code: 130, stdout: '' });
    expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
}
