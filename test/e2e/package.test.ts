/** The tarball that is published: what is in it, and that it runs where nothing else is installed. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Cli, PACKAGE, readResult, temporaryFolder } from './cli.js';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

describe('npm pack', () => {
  const folder = temporaryFolder();
  // Without its scripts: they would build again, under the feet of other tests.
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: PACKAGE,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = JSON.parse(output.toString()) as Packed[];
  const files = packed?.files.map(({ path }) => path) ?? [];

  test('holds the program, its speech and its scenarios, and neither sources nor tests', () => {
    console.log(`tarball ${packed?.size} bytes, ${files.length} files, ${packed?.unpackedSize} bytes unpacked`);
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'dist/main.js', 'audio/speech-8k.wav', 'scenarios/smoke.yaml']),
    );
    expect(files.filter((path) => /^(src|test|reports|\.ci)\/|\.ts$|\.map$/.test(path))).toEqual([]);
  });

  test('runs in an empty folder', async () => {
    const home = temporaryFolder();
    const tarball = join(folder, packed?.filename ?? '');
    const install = await new Cli('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: home }).end;
    expect(install).toMatchObject({ code: 0 });
    const args = ['callgauge', 'run', '--target', 'loopback', '--calls', '2', '--rate', '2/s', '--hold', '2s'];
    const gate = ['--gate', 'success_ratio >= 99%', '--out', 'run'];
    const end = await new Cli('npx', [...args, ...gate], { cwd: home }).end;
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('PASS');
    expect(readResult(join(home, 'run')).calls).toMatchObject({ completed: 2, noMedia: 0, oneWay: 0 });
  });
});
