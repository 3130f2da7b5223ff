/** The published JSON Schema (draft-07) of `result.json`, derived from the schema in `run/result`. */
import { z } from 'zod';
import { RESULT_SCHEMA_VERSION, resultSchema } from '../run/result.js';

/** The schema as a plain object, of what is read: fields that came later are not required, ready for JSON.stringify. */
export function resultJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(resultSchema, { target: 'draft-7', io: 'input' });
  return {
    $schema,
    $id: `urn:callgauge:result:${RESULT_SCHEMA_VERSION}`,
    title: `Callgauge result ${RESULT_SCHEMA_VERSION}`,
    ...rest,
  };
}
