/** The part of `result.json` that tells of the users, who register at the target. */
import { z } from 'zod';
import { count } from './result-fields.js';

export const registrationsSchema = z.strictObject({
  users: count,
  registeredAtBegin: count.nullable().describe('when the calls began; null: none did'),
  refused: count.describe('users who were refused for good'),
  attempts: count.describe('registrations and refreshes, each once, however often it was challenged'),
  ineffective: count.describe('of these, ended by a 4xx, 5xx or 6xx, or by no response'),
  bindingsLost: count
    .nullable()
    .default(null)
    .describe(
      'times that a registered user was not reached any more, since its connection was closed by the far side or broke, and was registered anew; null: not counted',
    ),
  failures: z.array(z.strictObject({ sipStatus: z.int().nullable(), cause: z.string(), count })),
  leftRegistered: count.nullable().describe('users who could not be unregistered at the end; null: not known'),
  secondLegs: z
    .strictObject({ byHeader: count, byCallerName: count, byCalledUser: count })
    .describe('called legs of calls between users, by what they were known'),
  audioMarkers: z
    .strictObject({ confirmed: count, contradicted: count, notHeard: count })
    .nullable()
    .default(null)
    .describe('calls between users, by what the marker in the audio said of their two legs; null: none was asked for'),
  strangeCalls: count.describe('calls to our users that were none of this run; they were refused'),
});
export type RegistrationsBlock = z.infer<typeof registrationsSchema>;

export const groupRegistrationsSchema = z.strictObject({
  users: count,
  registeredAtBegin: count.nullable().describe('when the calls began; null: none did'),
  refused: count.describe('users who were refused for good'),
  attempts: count.describe('registrations and refreshes, each once, however often it was challenged'),
  ineffective: count.describe('of these, ended by a 4xx, 5xx or 6xx, or by no response'),
});
export type GroupRegistrations = z.infer<typeof groupRegistrationsSchema>;

/** Users of ours have called each other. */
export function hasBothEnds(block: RegistrationsBlock | null): boolean {
  return block !== null && Object.values(block.secondLegs).some((legs) => legs > 0);
}
