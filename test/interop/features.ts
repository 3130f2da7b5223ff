/**
 * What the built program can do, for tests that were written before the feature: each asks the program itself, and a
 * test that is skipped for it says so.
 */
import { spawnSync } from 'node:child_process';
import { PROGRAM } from './callgauge.js';

/** Digest authentication: `run --user --password`. */
export function hasDigest(): boolean {
  return present('digest authentication', () => say(['run', '--help']).stdout.includes('--password'));
}

/** A codec by its name, as `run --codec` takes it. */
export function hasCodec(codec: string): boolean {
  const args = ['run', '--dry-run', '--target', 'sip:x@127.0.0.1:5', '--codec', codec];
  return present(`codec ${codec}`, () => say(args).status === 0);
}

/** RTCP, and with it the sent direction and round trips in result.json. */
export function hasRtcp(): boolean {
  return present('RTCP', () => say(['schema', 'result']).stdout.includes('"rttMs"'));
}

function present(feature: string, probe: () => boolean): boolean {
  const has = probe();
  if (!has) console.warn(`callgauge has no ${feature} yet: the tests of it are skipped`);
  return has;
}

function say(args: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CALLGAUGE_')));
  return spawnSync(process.execPath, [PROGRAM, ...args], { env, encoding: 'utf8', timeout: 30_000 });
}
