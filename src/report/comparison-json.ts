/** `callgauge compare --json`: the comparison as text, and its published JSON Schema (draft-07). */
import { z } from 'zod';
import { COMPARISON_SCHEMA_VERSION, comparisonSchema, type Comparison } from '../run/comparison.js';

/** Keys in the order of the schema, two spaces, a newline at the end. */
export function serializeComparison(comparison: Comparison): string {
  return `${JSON.stringify(comparisonSchema.parse(comparison), null, 2)}\n`;
}

export function comparisonJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(comparisonSchema, { target: 'draft-7', io: 'input' });
  return {
    $schema,
    $id: `urn:callgauge:comparison:${COMPARISON_SCHEMA_VERSION}`,
    title: `Callgauge comparison ${COMPARISON_SCHEMA_VERSION}`,
    ...rest,
  };
}
