/** What the benches share: a tree to measure, CPU seconds of a child or a thread, medians, and a table on the terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Another tree that was built (`BENCH_TREE=DIR`) for before and after; default: this one. */
export const TREE = process.env.BENCH_TREE ?? REPOSITORY;
export const CLI = join(TREE, 'dist', 'main.js');

/** A module of the tree that is measured, by its path below dist. */
export const moduleUrl = (path) => pathToFileURL(join(TREE, 'dist', path));

/** `--name=value` numbers of the command line over their defaults; a list is written `--name=1,2`. */
export function flags(defaults) {
  const chosen = { ...defaults };
  for (const argument of process.argv.slice(2)) {
    const [, name = '', value = ''] = /^--([a-z]+)=(.+)$/.exec(argument) ?? [];
    if (!(name in defaults)) {
      process.stderr.write(
        `unknown: ${argument}; there are ${Object.keys(defaults)
          .map((key) => `--${key}=`)
          .join(' ')}\n`,
      );
      process.exit(2);
    }
    const items = value.split(',').map((item) => (Number.isNaN(Number(item)) ? item : Number(item)));
    chosen[name] = Array.isArray(defaults[name]) ? items : items[0];
  }
  return chosen;
}

export const scratchDirectory = () => mkdtempSync(join(tmpdir(), 'callgauge-bench-'));

/** Runs a command to its end; `cpuSeconds` is user and system time of all its threads. Output goes to `log`. */
export async function timed(command, args, { log, cwd = dirname(log), seconds = 120 }) {
  const file = openSync(log, 'w');
  // bash reports with the milliseconds that node does not give for a child; `timeout` bounds whatever happens.
  const script = 'TIMEFORMAT="%U %S"; time timeout --kill-after=5 "$@" >&3 2>&3';
  const child = spawn('bash', ['-c', script, 'bash', String(seconds), command, ...args], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe', file],
    env: { ...process.env, LC_ALL: 'C' },
  });
  closeSync(file);
  let report = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (report += text));
  const startedAt = performance.now();
  const threads = new Map();
  const memory = [];
  // Kept by id: a worker thread ends before its process does.
  const watch = setInterval(() => {
    const leaf = leafOf(child.pid);
    if (leaf === null) return;
    for (const [id, seconds] of threadsOrNone(leaf)) threads.set(id, seconds);
    memory.push({ second: (performance.now() - startedAt) / 1000, residentMb: residentMb(leaf) });
  }, 100);
  const [exitCode] = await once(child, 'close');
  clearInterval(watch);
  const [user = Number.NaN, system = Number.NaN] = report.trim().split('\n').at(-1).split(' ').map(Number);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  return { exitCode, cpuSeconds: user + system, user, system, wallSeconds, memory, ...splitThreads(threads) };
}

/** The command itself, which bash and timeout have started; null when it has gone. */
function leafOf(pid) {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return child === '' ? pid : leafOf(child);
  } catch {
    return null;
  }
}

function threadsOrNone(pid) {
  try {
    return threadCpuSeconds(pid);
  } catch {
    return new Map();
  }
}

/** Memory of a process that is there (RSS); NaN when it has gone. Linux. */
export function residentMb(pid) {
  try {
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** Main is the first thread; the worker is the busiest other one; the rest are V8's (compiler, garbage collector). */
function splitThreads(threads) {
  const byAge = [...threads].toSorted(([a], [b]) => a - b);
  const [mainSeconds = Number.NaN, ...others] = byAge.map(([, seconds]) => seconds);
  const sorted = others.toSorted((a, b) => b - a);
  return {
    mainSeconds,
    workerSeconds: sorted[0] ?? Number.NaN,
    helperSeconds: sorted.slice(1).reduce((sum, value) => sum + value, 0),
  };
}

/** CPU seconds of each thread of a process, by thread id. Linux. */
export function threadCpuSeconds(pid = process.pid) {
  const threads = new Map();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    threads.set(Number(id), Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e9);
  }
  return threads;
}

export function median(values) {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** The value below which a share of the weights lies. @param pairs of (value, count), flat */
export function percentileOf(pairs, share) {
  const sorted = [];
  for (let i = 0; i < pairs.length; i += 2) sorted.push([pairs[i], pairs[i + 1]]);
  sorted.sort((a, b) => a[0] - b[0]);
  const wanted = share * sorted.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of sorted) {
    seen += count;
    if (seen >= wanted) return value;
  }
  return Number.NaN;
}

export function printTable(title, rows) {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => show(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  process.stdout.write(`\n${title}\n`);
  for (const row of cells)
    process.stdout.write(`  ${row.map((cell, column) => cell.padStart(widths[column])).join('  ')}\n`);
}

function show(value) {
  if (typeof value !== 'number') return String(value);
  if (Number.isNaN(value)) return '–';
  return Number.isInteger(value) ? String(value) : value.toPrecision(value < 1 ? 2 : value < 1000 ? 3 : 6);
}

/** What the figures depend on, so that a table can be judged later. */
export function printMachine() {
  const load = loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
  process.stdout.write(
    `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}, load ${load}, tree ${TREE}\n`,
  );
}
