/** What the environment changes, and what it does not. */
import { describe, expect, test } from 'vitest';
import { cli, run } from './cli.js';

const DRY = ['run', '--target', 'loopback', '--dry-run'];

describe.concurrent('the twin of a flag', () => {
  test('counts like the flag', async () => {
    const env = {
      CALLGAUGE_TARGET: 'loopback',
      CALLGAUGE_CALLS: '5',
      CALLGAUGE_RATE: '2/s',
      CALLGAUGE_NO_MEDIA: '1',
      CALLGAUGE_DRY_RUN: 'true',
    };
    const { code, stdout } = await cli(['run'], { env: { ...env, CALLGAUGE_GATE: 'success_ratio >= 50%' } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^calls +5$/m);
    expect(stdout).toMatch(/^rate +up to 2\/s$/m);
    expect(stdout).toContain(' 0 packets/s');
    expect(stdout).toMatch(/^gates +success_ratio >= 50%$/m);
  });

  test('gives way to the flag itself', async () => {
    const { stdout } = await cli([...DRY, '--calls', '3'], { env: { CALLGAUGE_CALLS: '5' } });
    expect(stdout).toMatch(/^calls +3$/m);
  });

  test('is checked like the flag', async () => {
    const end = await cli(DRY, { env: { CALLGAUGE_NO_MEDIA: 'perhaps', CALLGAUGE_CALLS: '3' } });
    expect(end).toEqual({ code: 2, stdout: '', stderr: 'CALLGAUGE_NO_MEDIA: expected 1 or 0, got "perhaps"\n' });
  });

  test('is not set when it is empty', async () => {
    const { code, stdout } = await cli(DRY, { env: { CALLGAUGE_CALLS: '', CALLGAUGE_NO_MEDIA: '' } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^calls +10$/m);
  });

  test('does not reach the loopback answerer, and other CALLGAUGE_ variables do no harm', async () => {
    const env = {
      CALLGAUGE_CALLS: '2',
      CALLGAUGE_RATE: '10/s',
      CALLGAUGE_HOLD: '200ms',
      CALLGAUGE_NO_MEDIA: '1',
      CALLGAUGE_CI: 'yes',
    };
    const { code, result } = await run(['--target', 'loopback'], {
      env: { ...env, CALLGAUGE_GATE: 'success_ratio >= 99%' },
    });
    expect(code).toBe(0);
    expect(result.calls.completed).toBe(2);
  });

  test('of another command does no harm', async () => {
    const { code } = await cli(['schema'], { env: { CALLGAUGE_TARGET: 'loopback', CALLGAUGE_MODE: 'sing' } });
    expect(code).toBe(0);
  });
});

describe.concurrent('CALLGAUGE_NET_BACKEND', () => {
  test('chooses the portable sockets, and the result names them', async () => {
    const args = [
      '--target',
      'loopback',
      '--calls',
      '3',
      '--rate',
      '10/s',
      '--hold',
      '2s',
      '--gate',
      'success_ratio >= 99%',
    ];
    const { code, result } = await run(args, { env: { CALLGAUGE_NET_BACKEND: 'dgram' } });
    expect(code).toBe(0);
    expect(result.generator.netBackend).toBe('dgram');
    expect(result.generator).toMatchObject({ receiveDrops: null, spoiledCallSeconds: null });
    expect(result.warnings.join()).toContain('drops of this host cannot be known with the portable back end');
    expect(result.calls).toMatchObject({ completed: 3, oneWay: 0, noMedia: 0 });
    // Some 300 on an idle host; a busy one leaves out what it could not send in time, at both ends.
    expect(result.quality.received?.packets.received).toBeGreaterThan(100);
  });

  test('is checked', async () => {
    const end = await cli(['run', '--target', 'loopback', '--calls', '1'], { env: { CALLGAUGE_NET_BACKEND: 'raw' } });
    expect(end).toEqual({
      code: 2,
      stdout: '',
      stderr: 'CALLGAUGE_NET_BACKEND: expected auto, libc or dgram, got "raw"\n',
    });
  });
});

test('messages are English whatever the language of the machine', async () => {
  const { stderr } = await cli(['run', '--foo'], { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } });
  expect(stderr).toBe('--foo: unknown flag (see callgauge run --help)\n');
});
