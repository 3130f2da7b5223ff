/** What `result.json` says of the keys (DTMF) of the calls. */
import { z } from 'zod';
import { count, distribution } from './result-fields.js';

const byMethod = z.strictObject({
  rfc4733: count.describe('as telephone-events in RTP (RFC 4733)'),
  info: count.describe('by SIP INFO'),
  inband: count.describe('as tones in the audio'),
});

export const dtmfSchema = z.strictObject({
  calls: count.describe('calls in which a key was pressed, or expected and missed'),
  sent: byMethod.describe('keys that we pressed'),
  received: byMethod.extend({
    durationMs: distribution.describe('of keys whose duration is known'),
    beyond: count
      .default(0)
      .describe('keys behind the first 256 of a call, by whichever way: in none of the other counts'),
  }),
  mismatched: count.describe('calls in which other keys came than were expected'),
  examples: z
    .array(z.strictObject({ call: count, expected: z.string(), received: z.string() }))
    .max(10)
    .describe('the first of those calls'),
});
export type DtmfBlock = z.infer<typeof dtmfSchema>;
