/** The README is kept true: its commands run as written, its flags exist, its figures are those of the scenario. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/gates/verdict.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CLI = join(ROOT, 'dist/main.js');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const COMMANDS = [...README.matchAll(/```sh\n([^`]+)```/g)].map(([, block = '']) =>
  block.replaceAll('\\\n', ' ').trim(),
);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The project as a clone would have it, with this checkout's packages. */
function freshCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'callgauge-readme-'));
  folders.push(folder);
  const left = new Set(['node_modules', 'dist', '.git']);
  cpSync(ROOT, folder, {
    recursive: true,
    filter: (source) => {
      const path = relative(ROOT, source);
      return !left.has(path) && !/^reports\/\d{4}-/.test(path);
    },
  });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

describe('README', () => {
  it('begins with the two commands', () => {
    expect(COMMANDS.slice(0, 2)).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  });

  it('`npm start` builds a fresh copy, passes, and names a report that is there', () => {
    const folder = freshCopy();
    const run = spawnSync('npm', ['start'], { cwd: folder, encoding: 'utf8', timeout: 110_000 });
    expect(run.stderr).toContain('started:');
    expect(run.stdout).toContain('PASS');
    expect(run.status).toBe(0);
    const report = /^Report\s+(\S+)$/m.exec(run.stdout)?.[1] ?? 'no report named';
    expect(existsSync(join(folder, report))).toBe(true);
    const names = readdirSync(join(folder, 'reports')).filter((name) => name.endsWith('_smoke'));
    expect(names).toHaveLength(1);
    const result = JSON.parse(readFileSync(join(folder, 'reports', names[0] ?? '', 'result.json'), 'utf8')) as {
      calls: { completed: number; peakConcurrent: number };
      verdict: string;
    };
    expect(result.verdict).toBe('pass');
    expect(result.calls.completed).toBe(40);
    expect(result.calls.peakConcurrent).toBeGreaterThanOrEqual(20);
  });

  it('gives the figures of the smoke scenario', () => {
    const plan = execFileSync('node', [CLI, 'validate', 'scenarios/smoke.yaml'], { cwd: ROOT, encoding: 'utf8' });
    const calls = /^calls\s+(\d+)$/m.exec(plan)?.[1];
    const peak = /^peak\s+(\d+) calls/m.exec(plan)?.[1];
    expect(README).toContain(`${calls} calls with speech, up to ${peak} at once`);
  });

  it('names only flags that there are', () => {
    const help = ['run', 'answer', 'validate', 'doctor', 'analyze'].map((command) =>
      execFileSync('node', [CLI, command, '--help'], { encoding: 'utf8' }),
    );
    const known = new Set([...help.join('\n').matchAll(/--([a-z-]+)/g)].map(([, name]) => name));
    const used = [...README.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it('lists the exit codes as the program has them', () => {
    const listed = [...README.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) => codes.split(',').map(Number));
    expect(listed.toSorted((a, b) => a - b)).toEqual(Object.values(EXIT_CODES).toSorted((a, b) => a - b));
  });

  it('has commands for a real PBX that pass the checks before a packet leaves', () => {
    const runs = COMMANDS.flatMap((block) => block.split('\n')).filter((line) => line.includes('main.js run --target'));
    expect(runs).toHaveLength(1);
    const command = `${runs[0] ?? ''} --dry-run`;
    expect(execFileSync('bash', ['-c', command], { cwd: ROOT, encoding: 'utf8' })).toContain('peak');
  });

  it('shows a scenario that is valid', () => {
    const [, yaml = ''] = /```yaml\n(version: 1\n[^`]+)```/.exec(README) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'callgauge-readme-'));
    folders.push(folder);
    writeFileSync(join(folder, 'two.yaml'), yaml);
    const plan = execFileSync('node', [CLI, 'validate', join(folder, 'two.yaml')], { encoding: 'utf8' });
    expect(plan).toMatch(/^scenario\s+two-trunks$/m);
    expect(plan).toContain('trunk-b sip:600@192.168.2.10');
  });

  it('links only to files that there are', () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
