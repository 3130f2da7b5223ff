/** What a scenario says of the course of its calls beside how long they last. */
import type { CodecName } from './fields.js';

/** One after another, from the answer on. Times in ms. */
export type PlannedStep =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'hold'; readonly ms: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'reinvite'; readonly codec: CodecName | null }
  | { readonly kind: 'update'; readonly codec: CodecName | null }
  | { readonly kind: 'info'; readonly contentType: string; readonly body: string }
  /** `ms`: all keys with their gaps. */
  | {
      readonly kind: 'dtmf';
      readonly digits: string;
      readonly method: DtmfMethodName;
      readonly toneMs: number;
      readonly gapMs: number;
      readonly ms: number;
    }
  /** `ms`: that long at most. */
  | { readonly kind: 'expectDtmf'; readonly digits: string; readonly ms: number }
  /** `to`: a SIP URI. */
  | { readonly kind: 'refer'; readonly to: string; readonly user: string; readonly host: string }
  | { readonly kind: 'bye' };

export type DtmfMethodName = 'rfc4733' | 'inband' | 'info' | 'info-plain';

export interface FlowPlan {
  readonly steps: readonly PlannedStep[];
  /** INVITE without SDP. */
  readonly lateOffer: boolean;
  /** RFC 3262. */
  readonly reliableProvisional: 'off' | 'supported' | 'required';
  /** RFC 4028; null: none is asked for. */
  readonly sessionTimer: SessionTimerPlan | null;
  /** So many 3xx are followed. */
  readonly followRedirects: number;
  /** The far side may have us call somebody else (REFER). */
  readonly acceptTransfer: boolean;
  /** The audio of calls between users tells which call it is. */
  readonly marker: boolean;
  readonly from: { readonly user: string | null; readonly displayName: string | null; readonly domain: string | null };
  /** URI of P-Asserted-Identity. */
  readonly assertedIdentity: string | null;
  /** Values of Privacy. */
  readonly privacy: readonly string[];
  /** Further headers of each INVITE. */
  readonly headers: Readonly<Record<string, string>>;
  /** What else the final response is to say; null: anything. */
  readonly expect: {
    readonly headers: Readonly<Record<string, string>>;
    readonly codec: CodecName | null;
    readonly direction: DirectionName | null;
    /** Keys of the far side; null: any. */
    readonly dtmf: string | null;
  } | null;
}

export interface SessionTimerPlan {
  readonly expiresMs: number;
  readonly refresher: 'uac' | 'uas' | null;
  readonly minSeMs: number | null;
}

export const DIRECTION_NAMES = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;
export type DirectionName = (typeof DIRECTION_NAMES)[number];

/** Time that the steps take at least, ms; keys that are expected are counted as if they came at the last moment. */
export function stepsMs(steps: readonly PlannedStep[]): number {
  return steps.reduce((sum, step) => sum + ('ms' in step ? step.ms : 0), 0);
}

/** Tones are to be heard in the audio: keys are expected, whichever way they come. */
export function expectsKeys({ steps, expect }: FlowPlan): boolean {
  return expect?.dtmf != null || steps.some(({ kind }) => kind === 'expectDtmf');
}

/** How long a call lasts from its answer, ms: until its steps are done and its hold time is over, or until a step ends it. */
export function callLengthMs({ holdMs, flow }: { readonly holdMs: number; readonly flow: FlowPlan }): number {
  const last = flow.steps.at(-1)?.kind;
  const ends = last === 'bye' || last === 'refer';
  return ends ? stepsMs(flow.steps) : Math.max(holdMs, stepsMs(flow.steps));
}

/** Every codec that a call may come to use: those that are offered, and those that its steps change to. */
export function codecsOfCalls(codecs: readonly CodecName[], { steps }: FlowPlan): CodecName[] {
  const others = steps.flatMap((step) => ('codec' in step && step.codec !== null ? [step.codec] : []));
  return [...new Set([...codecs, ...others])];
}
