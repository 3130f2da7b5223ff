/** `callgauge schema`: the JSON Schemas (draft-07) and the metric catalogue, for editors and programs. */
import type { Argv } from 'yargs';
import { METRICS } from '../metrics/names.js';
import { analysisJsonSchema } from '../report/analysis-json.js';
import { comparisonJsonSchema } from '../report/comparison-json.js';
import { resultJsonSchema } from '../report/result-json-schema.js';
import { scenarioJsonSchema } from '../scenario/schema.js';
import type { ProcessHost } from './host.js';

const DOCUMENTS = {
  scenario: scenarioJsonSchema,
  result: resultJsonSchema,
  comparison: comparisonJsonSchema,
  analysis: analysisJsonSchema,
  metrics: () => METRICS,
} as const;

export function schemaCommand(program: Argv, host: ProcessHost): void {
  program.command(
    'schema [document]',
    'print a JSON Schema, or the metric catalogue',
    (command) =>
      command.positional('document', {
        choices: ['scenario', 'result', 'comparison', 'analysis', 'metrics'] as const,
        default: 'scenario' as const,
      }),
    ({ document }) => host.out(`${JSON.stringify(DOCUMENTS[document](), null, 2)}\n`),
  );
}
