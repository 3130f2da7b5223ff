/** How calls that we place end, as their records say it. */
import type { Disappointment } from './expectations.js';
import type { CallPhase, CallRecord } from './outcome.js';

/** Why a call is ended before its time. */
export interface Stop {
  /** By the end of the run. */
  readonly cut: boolean;
  readonly phase: CallPhase;
  readonly cause: string;
  readonly sipStatus?: number | null;
  readonly detail?: string | null;
}

/** What a call came to. */
export type Ending = Pick<CallRecord, 'outcome' | 'phase' | 'sipStatus' | 'cause' | 'detail'>;

export const COMPLETED: Ending = { outcome: 'completed', phase: null, sipStatus: null, cause: null, detail: null };
/** Nothing is wrong with it, but the scenario expects a refusal: a call that did not succeed has a cause. */
const UNEXPECTED_ANSWER: Ending = { ...COMPLETED, phase: 'setup', sipStatus: 200, cause: 'unexpectedAnswer' };
/** Where it was that something else than expected came. */
const PLACES = {
  answer: { phase: 'setup', sipStatus: 200 },
  call: { phase: 'established', sipStatus: null },
} as const;
/** Of a peer's words in a record. */
export const DETAIL_CHARACTERS = 160;

/** Of a call that was answered and has had its time. @param disappointment what was expected and did not come; null: nothing */
export function completionOf(expect: 'answered' | number, disappointment: Disappointment | null): Ending {
  if (expect !== 'answered') return UNEXPECTED_ANSWER;
  if (disappointment === null) return COMPLETED;
  return { ...COMPLETED, ...PLACES[disappointment.cause === 'dtmfMismatch' ? 'call' : 'answer'], ...disappointment };
}
