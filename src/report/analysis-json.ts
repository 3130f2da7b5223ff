/** `callgauge analyze --json`: the analysis as text, and its published JSON Schema (draft-07). */
import { z } from 'zod';
import { ANALYSIS_SCHEMA_VERSION, analysisSchema, type Analysis } from '../analysis/analysis.js';

/** Keys in the order of the schema, two spaces, a newline at the end. */
export function serializeAnalysis(analysis: Analysis): string {
  return `${JSON.stringify(analysisSchema.parse(analysis), null, 2)}\n`;
}

export function analysisJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(analysisSchema, { target: 'draft-7', io: 'input' });
  return {
    $schema,
    $id: `urn:callgauge:analysis:${ANALYSIS_SCHEMA_VERSION}`,
    title: `Callgauge analysis ${ANALYSIS_SCHEMA_VERSION}`,
    ...rest,
  };
}
