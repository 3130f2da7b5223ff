/** The published JSON Schemas must be those of the code. `--write` renews them; without it a difference is exit 1. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { analysisJsonSchema } from '../../dist/report/analysis-json.js';
import { comparisonJsonSchema } from '../../dist/report/comparison-json.js';
import { resultJsonSchema } from '../../dist/report/result-json-schema.js';
import { scenarioJsonSchema } from '../../dist/scenario/schema.js';

const FILES = {
  'scenarios/scenario.schema.json': scenarioJsonSchema(),
  'reports/result.schema.json': resultJsonSchema(),
  'reports/comparison.schema.json': comparisonJsonSchema(),
  'reports/analysis.schema.json': analysisJsonSchema(),
};

let stale = 0;
for (const [name, schema] of Object.entries(FILES)) {
  const path = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (process.argv.includes('--write')) {
    writeFileSync(path, text);
  } else if (readOrEmpty(path) !== text) {
    console.error(`${name} is not in sync with the code: npm run build && node test/check/schemas.mjs --write`);
    stale++;
  }
}
process.exit(stale === 0 ? 0 : 1);

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
