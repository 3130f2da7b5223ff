/**
 * What a new user waits for: `npm start` (build and smoke scenario) to its verdict, with the part that is ours.
 *   node test/bench/start.mjs [--repeats=2]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { REPOSITORY, flags, median, printMachine, printTable } from './bench.mjs';

const { repeats } = flags({ repeats: 2 });

/** Seconds from the start of `npm start` to the lines that tell of its progress. */
async function start() {
  const startedAt = performance.now();
  const since = () => (performance.now() - startedAt) / 1000;
  const child = spawn('npm', ['start'], { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let firstCall = Number.NaN;
  let verdict = Number.NaN;
  const read = (text) => {
    output += text;
    if (Number.isNaN(firstCall) && /^started: /m.test(output)) firstCall = since();
    if (Number.isNaN(verdict) && /^\S+ (PASS|FAIL|INCONCLUSIVE)$/m.test(output)) verdict = since();
  };
  child.stdout.setEncoding('utf8').on('data', read);
  child.stderr.setEncoding('utf8').on('data', read);
  const [exitCode] = await once(child, 'close');
  return {
    'to the first call s': firstCall,
    'to the verdict s': verdict,
    'to the prompt s': since(),
    'exit code': exitCode,
  };
}

printMachine();
const rows = [];
for (let run = 1; run <= repeats; run++) rows.push({ run, ...(await start()) });
const names = Object.keys(rows[0]).slice(1);
printTable('npm start', [
  ...rows,
  { run: 'median', ...Object.fromEntries(names.map((name) => [name, median(rows.map((row) => row[name]))])) },
]);
