/** What `result.json` says of the transfers (REFER) that far sides asked for. */
import { z } from 'zod';
import { count, distribution } from './result-fields.js';

export const TRANSFER_OUTCOMES = ['answered', 'failed', 'cut', 'refused'] as const;

export const transfersSchema = z.strictObject({
  calls: count.describe('calls whose far side asked for a transfer, at the calling or the called leg'),
  asked: count.describe('how often, in all calls'),
  answered: count.describe('calls that went on with the target of a transfer'),
  failed: count.describe('transfers whose target did not take the call'),
  cut: count.describe('transfers whose call ended before their target answered'),
  refused: count.describe('transfers that we refused'),
  answerDelayMs: distribution.describe('from the REFER to the answer of its target'),
  causes: z
    .array(
      z.strictObject({ outcome: z.enum(TRANSFER_OUTCOMES), sipStatus: z.int().nullable(), cause: z.string(), count }),
    )
    .describe('of those that were not answered'),
});
export type TransfersBlock = z.infer<typeof transfersSchema>;
