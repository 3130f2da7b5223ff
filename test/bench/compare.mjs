/**
 * How often `compare` is wrong on real runs: equal pairs of runs on loopback, which must be the same, and one degraded run, which
 * must be worse. `node test/bench/compare.mjs [pairs]`, 20 by default; about 20 s a pair. Prints one line per pair, asserts nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const LOAD = ['--calls', '60', '--rate', '20/s', '--hold', '3s', '--quiet', '--no-gates'];
const pairs = Number(process.argv[2] ?? 20);
const folder = mkdtempSync(join(tmpdir(), 'callgauge-compare-'));

const counts = new Map();
for (let pair = 0; pair < pairs; pair++) {
  const [before, after] = ['before', 'after'].map((name) => place(`${pair}-${name}`, ['--target', 'loopback']));
  const { verdict, comparisons, reasons, exit } = compare(before, after);
  counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const untrusted = comparisons.filter((row) => row.verdict === 'untrusted').length;
  const judged = comparisons.filter((row) => row.pValue !== null).length;
  console.log(
    `pair=${pair + 1} verdict=${verdict} exit=${exit} judged=${judged} untrusted=${untrusted} ${reasons.join('; ')}`,
  );
  if (pair === 0) {
    degraded(before);
  }
}
console.log(`equal pairs: ${[...counts].map(([verdict, count]) => `${verdict}=${count}`).join(' ')}`);
rmSync(folder, { recursive: true, force: true });

/** The same load with 3 % of loss and 15 ms of jitter put on what the far side sends. */
function degraded(before) {
  const scenario = join(fileURLToPath(new URL('.', import.meta.url)), 'compare-degraded.yaml');
  const { verdict, exit, reasons } = compare(before, place('degraded', [scenario]));
  console.log(`degraded verdict=${verdict} exit=${exit} ${reasons.join('; ')}`);
}

function place(name, target) {
  const out = join(folder, name);
  spawnSync(process.execPath, [MAIN, 'run', ...target, ...LOAD, '--out', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return out;
}

function compare(before, after) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [MAIN, 'compare', before, after, '--json', '--allow-different'],
    { maxBuffer: 2 ** 26 },
  );
  return { exit: status, ...JSON.parse(stdout) };
}
