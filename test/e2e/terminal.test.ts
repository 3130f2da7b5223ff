/** A run on a real terminal (a pty of `script`, util-linux), drawn by the model of one. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withoutColor } from '../unit/cli/snapshots.js';
import { TerminalModel } from '../unit/cli/terminal-model.js';
import { Cli, cli, MAIN, PACKAGE, temporaryFolder } from './cli.js';

const RUN = '--target loopback --calls 6 --rate 3/s --hold 2s --no-media';
const hasScript = spawnSync('script', ['--version']).status === 0;
if (!hasScript) {
  console.warn('terminal.test.ts: skipped, since there is no `script` of util-linux to make a terminal with');
}

interface Shown {
  readonly code: number | null;
  /** As the terminal got it. */
  readonly raw: string;
  /** What it showed at the end. */
  readonly lines: readonly string[];
}

/** `callgauge run` on a terminal of that size. */
async function onTerminal(flags: string, columns: number, env: Readonly<Record<string, string>> = {}): Promise<Shown> {
  const command = `stty cols ${columns} rows 24 && exec '${process.execPath}' '${MAIN}' ${flags}`;
  const { code, stdout } = await new Cli('script', ['-qec', command, '/dev/null'], {
    env: { TERM: 'xterm', ...env },
  }).end;
  const terminal = new TerminalModel(columns, 24);
  terminal.write(stdout);
  return { code, raw: stdout, lines: terminal.text.split('\n') };
}

/** The wall-clock times at which the block was painted, by the log that `script` keeps of what was written when. */
function paintTimes(folder: string): number[] {
  let atMs = 0;
  return readFileSync(join(folder, 'timing'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .map(([seconds = 0, size = 0]) => ({ atMs: (atMs += seconds * 1000), size }))
    .filter(({ size }) => size > 100)
    .map((chunk) => chunk.atMs);
}

describe.skipIf(!hasScript)('a run on a terminal', () => {
  test.each([80, 40])('of %i columns repaints one block, of which nothing is left at the end', async (columns) => {
    const { code, raw, lines } = await onTerminal(`run ${RUN} --out '${temporaryFolder()}'`, columns);
    expect(code).toBe(0);
    const blocks = raw.split('\u001B[?7l').slice(1);
    expect(blocks.length).toBeGreaterThanOrEqual(2);
    for (const block of blocks) {
      const painted = withoutColor(block.split('\u001B[?7h')[0] ?? '');
      expect(painted).toMatch(/^(hold 3\/s|draining) .*\d:\d\d[^]*\ncalls [^]*\nrate [^]*\ngenerator /);
    }
    expect(lines[0]).toMatch(/^started: /);
    const verdict = lines.findIndex((line) => line === '✓ PASS');
    // What was said before is one line, of 40 columns broken by the terminal itself.
    expect(lines.slice(1, verdict).filter((line) => /calls|rate|generator|hold|draining/.test(line))).toEqual([]);
    expect(verdict).toBe(1);
  });

  test('Ctrl-C leaves no block behind either', async () => {
    const flags = `run --target loopback --calls 50 --rate 5/s --hold 60s --no-media --out '${temporaryFolder()}'`;
    const command = `stty cols 80 rows 24 && echo pid $$ && exec '${process.execPath}' '${MAIN}' ${flags}`;
    const program = new Cli('script', ['-qec', command, '/dev/null'], { env: { TERM: 'xterm' } });
    await program.printed('0:02 of 1:10');
    process.kill(Number(/^pid (\d+)/.exec(program.stdout)?.[1]), 'SIGINT');
    const { code, stdout } = await program.end;
    const terminal = new TerminalModel(80, 24);
    terminal.write(stdout);
    expect(code).toBe(130);
    const [, started, ending, ...rest] = terminal.text.split('\n');
    expect(started).toMatch(/^started: /);
    expect(ending).toMatch(/^SIGINT: ending the calls/);
    expect(
      rest.slice(0, rest.indexOf('■ INTERRUPTED')).filter((line) => /calls|rate|generator|hold/.test(line)),
    ).toEqual([]);
    expect(rest).toContain('■ INTERRUPTED');
  });

  test('the block is painted at most four times a second', async () => {
    const folder = temporaryFolder();
    const command = `stty cols 80 rows 24 && exec '${process.execPath}' '${MAIN}' run ${RUN} --out '${folder}'`;
    const timed = ['-qec', command, `--timing=${join(folder, 'timing')}`, '/dev/null'];
    expect((await new Cli('script', timed, { env: { TERM: 'xterm' } }).end).code).toBe(0);
    const times = paintTimes(folder);
    expect(times.length).toBeGreaterThanOrEqual(3);
    // Any five writes of a block take a second or more.
    expect(times.slice(4, -1).filter((atMs, index) => atMs - (times[index] ?? 0) < 950)).toEqual([]);
  });

  test('the verdict has its colour, unless NO_COLOR is set', async () => {
    const flags = `run ${RUN} --out '${temporaryFolder()}'`;
    expect((await onTerminal(flags, 80)).raw).toContain('\u001B[1;32m✓ PASS\u001B[0m');
    const plain = await onTerminal(flags, 80, { NO_COLOR: '1' });
    expect(plain.raw).toContain('✓ PASS');
    expect(plain.raw).not.toMatch(/\[[\d;]*m/);
  });

  test('--open shows the report at the end; an opener that fails is a warning', async () => {
    const bin = temporaryFolder();
    const folder = temporaryFolder();
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" >'${bin}/opened'\nexit 3\n`, { mode: 0o755 });
    const flags = `run --target loopback --calls 1 --hold 100ms --no-media --open --out '${folder}'`;
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const { code, lines } = await onTerminal(flags, 120, env);
    expect(code).toBe(0);
    expect(readFileSync(join(bin, 'opened'), 'utf8')).toBe(`${join(folder, 'report.html')}\n`);
    expect(lines.at(-1)).toBe('warning: the report could not be opened: xdg-open ended with exit code 3');
  });

  test('one that is dumb gets lines and no escape code', async () => {
    const { code, raw } = await onTerminal(`run ${RUN} --out '${temporaryFolder()}'`, 80, { TERM: 'dumb' });
    expect(code).toBe(0);
    expect(raw).not.toContain('\u001B');
    expect(raw).toContain('t=0s event=stage stage="hold 3/s"');
  });
});

test('where nobody watches every line on stderr is pairs, and no stream has an escape code', async () => {
  const { code, stdout, stderr } = await cli(['run', ...RUN.split(' '), '--out', temporaryFolder()]);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain('\u001B');
  const lines = stderr.trimEnd().split('\n');
  expect(lines.filter((line) => !/^t=\d+s( \w+=([^\s"=]+|"([^"\\]|\\.)*"))+$/.test(line))).toEqual([]);
  expect(lines).toContain('t=0s event=stage stage="hold 3/s"');
  expect(lines.some((line) => line.endsWith('event=stage stage=draining'))).toBe(true);
});

test('--open without a terminal is refused before anything is done', async () => {
  const folder = join(temporaryFolder(), 'never');
  const { code, stdout, stderr } = await cli(['run', '--target', 'loopback', '--open', '--out', folder]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^--open: expected a terminal[^\n]+\n$/);
  expect(existsSync(folder)).toBe(false);
});

describe('the help', () => {
  test.each([[], ['run'], ['answer'], ['validate'], ['doctor'], ['schema']])(
    '%s fits 80 columns',
    async (...command) => {
      const { code, stdout, stderr } = await cli([...command, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(stdout).not.toMatch(/\n\n\n|·|\[\]|\[(string|boolean|array)\]/);
      expect(stdout).toContain('--help');
    },
  );

  test('is what `help` prints, of all and of one command', async () => {
    for (const command of [[], ['run']]) {
      expect(await cli(['help', ...command])).toEqual(await cli([...command, '--help']));
    }
  });

  test('of run has its flags in groups, the target first, and examples', async () => {
    const { stdout } = await cli(['run', '--help']);
    const groups = stdout.split('\n').filter((line) => /^[A-Z][\w ]+:$/.test(line));
    expect(groups).toEqual([
      'Positionals:',
      'What to call:',
      'How many calls:',
      'Audio:',
      'Verdict:',
      'Connections:',
      'Evidence:',
      'This host:',
      'Output:',
      'Other flags:',
      'Examples:',
    ]);
    expect(stdout).toMatch(/^Output:\n[^]*--open[^]*^Other flags:\n +--version +print the version\n/m);
    expect(stdout).toContain('callgauge run --target loopback');
  });
});

test('without a command the next step is named; --version is the version alone', async () => {
  const { code, stderr } = await cli([]);
  expect(code).toBe(2);
  expect(stderr).toContain('(start with callgauge run --target loopback, or see callgauge --help)');
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  expect(await cli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});
