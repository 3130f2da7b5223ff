/**
 * Size and build time of report.html, from a result that is in memory, for three sizes of run.
 *   node test/bench/report.mjs [--repeats=20]
 * The results are the fixtures of test/unit/report, compiled on the fly by vite, which vitest brings.
 */
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { flags, median, printMachine, printTable } from './bench.mjs';

const { repeats } = flags({ repeats: 20 });
const root = fileURLToPath(new URL('../..', import.meta.url));
const vite = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true, watch: null },
  appType: 'custom',
});
try {
  const fixtures = await vite.ssrLoadModule('/test/unit/report/result-fixture.ts');
  const { renderReport } = await vite.ssrLoadModule('/src/report/html/document.ts');
  const { serializeResult } = await vite.ssrLoadModule('/src/report/json.ts');
  const small = fixtures.oneCallOneSecond();
  const typical = fixtures.typicalPass();
  const cases = [
    ['1 call, 1 s', small],
    ['1,000 calls, 60 s', { ...typical, calls: tenfold(typical.calls) }],
    ['7,200 calls, 1 h', fixtures.oneHour()],
  ];
  const rows = cases.map(([run, result]) => {
    const [first, ...more] = Array.from({ length: repeats + 1 }, () => timeOf(() => renderReport(result)));
    return {
      run,
      'report.html KB': Buffer.byteLength(renderReport(result)) / 1024,
      'result.json KB': Buffer.byteLength(serializeResult(result)) / 1024,
      'first build ms': first,
      'median build ms': median(more),
    };
  });
  printMachine();
  printTable(`report.html, first build and median of ${repeats} more`, rows);
} finally {
  await vite.close();
}

/** The fixture has 100 calls; its rows and distributions are as large as those of any other count. */
function tenfold(calls) {
  return Object.fromEntries(
    Object.entries(calls).map(([name, value]) => [name, typeof value === 'number' ? value * 10 : value]),
  );
}

function timeOf(build) {
  const startedAt = performance.now();
  build();
  return performance.now() - startedAt;
}
