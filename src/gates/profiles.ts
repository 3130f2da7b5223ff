/**
 * Ready-made sets of gates: `ci` for a build that must not get worse, `trunk` for a carrier that must be good enough, and
 * `capacity` for one step of a search for the limit. Numbers are those of the field; a gate of the user's own takes the
 * place of the profile's on the same figure.
 */
import type { Problem } from '../lib/errors.js';
import { parseGates, type GateContext } from './check.js';
import { REFERENCES, type Gate } from './grammar.js';
import type { GateObject } from './options.js';

export const PROFILES = ['ci', 'trunk', 'capacity'] as const;
export type Profile = (typeof PROFILES)[number];

/** A column of the table; limits as they are written. */
interface ProfileLimits {
  readonly success: string;
  readonly setup: string;
  readonly setupWarning: string | null;
  readonly disconnect: string;
  readonly mos: string;
  readonly mosWideband: string;
  readonly badSeconds: string;
  readonly callLoss: string;
  readonly jitter: string;
  /** Written after the metric's name: of the round trip itself, or of its difference from the idle stages. */
  readonly rtt: { readonly prefix: '' | 'idle.'; readonly limit: string };
  readonly dropped: string;
}

const LIMITS: Readonly<Record<Profile, ProfileLimits>> = {
  ci: {
    success: '>= 99.5%',
    setup: '<= 0.5s',
    setupWarning: null,
    disconnect: '<= 0.5s',
    mos: '>= 4.2',
    mosWideband: '>= 4.1',
    badSeconds: '<= 0.1%',
    callLoss: '<= 0.5%',
    jitter: '<= 10ms',
    rtt: { prefix: '', limit: '<= 50ms' },
    dropped: '== 0',
  },
  trunk: {
    success: '>= 98%',
    setup: '<= 4s',
    setupWarning: '<= 2s',
    disconnect: '<= 2s',
    mos: '>= 3.8',
    mosWideband: '>= 3.6',
    badSeconds: '<= 1%',
    callLoss: '<= 1%',
    jitter: '<= 30ms',
    rtt: { prefix: '', limit: '<= 300ms' },
    dropped: '<= 0.5%',
  },
  capacity: {
    success: '>= 99.5%',
    setup: '<= 1s',
    setupWarning: null,
    disconnect: '<= 1s',
    mos: '>= 4',
    mosWideband: '>= 3.9',
    badSeconds: '<= 0.5%',
    callLoss: '<= 1%',
    jitter: '<= 20ms',
    rtt: { prefix: 'idle.', limit: '<= 50ms' },
    dropped: '<= 0.1%',
  },
};

/** What calls of the run have, as far as it is known beforehand. */
export interface ProfileScope {
  /** Calls are meant to be answered: otherwise there is nothing to hang up or to drop. */
  readonly answered: boolean;
  /** Scales of the codecs that calls may come to use; none for calls without audio. */
  readonly scales: readonly ('narrowband' | 'wideband')[];
  /** Absent: where a codec has a scale. Codecs without a score have loss and jitter all the same. */
  readonly hasAudio?: boolean | undefined;
}

/** The profile's gates for such calls. Each is a text or an object, as scenarios write them. */
export function profileGates(profile: Profile, scope: ProfileScope): readonly (string | GateObject)[] {
  const { answered, scales, hasAudio = scales.length > 0 } = scope;
  const limits = LIMITS[profile];
  const warning = { expr: `setup_delay.p95 ${limits.setupWarning}`, severity: 'warn' } as const;
  return [
    `success_ratio ${limits.success}`,
    `setup_delay.p95 ${limits.setup}`,
    ...(limits.setupWarning === null ? [] : [warning]),
    ...(answered ? [`disconnect_delay.p95 ${limits.disconnect}`] : []),
    ...(hasAudio ? mediaGates(limits, scales) : []),
    ...(answered ? [`dropped ${limits.dropped}`] : []),
  ];
}

function mediaGates(limits: ProfileLimits, scales: ProfileScope['scales']): (string | GateObject)[] {
  const sent = streamExpressions(limits, scales, 'direction=sent');
  const roundTrip = `${limits.rtt.prefix}rtt.p95 ${limits.rtt.limit}`;
  return [
    ...streamExpressions(limits, scales, ''),
    { expr: roundTrip, onNoData: 'skip' },
    // Most far ends report something of what they receive, and none must: what they do not tell is skipped.
    ...sent.map((expr) => ({ expr, onNoData: 'skip' as const })),
    'one_way == 0',
    'no_media == 0',
  ];
}

function streamExpressions(limits: ProfileLimits, scales: ProfileScope['scales'], direction: string): string[] {
  const tags = direction === '' ? '' : `{${direction}}`;
  const perCall = direction === '' ? '{per=call}' : `{${direction},per=call}`;
  const narrowband = [`mos_lq${tags}.p5 ${limits.mos}`, `mos_lq${tags}.below(3.6) ${limits.badSeconds}`];
  const wideband = [`mos_lq_wb${tags}.p5 ${limits.mosWideband}`, `mos_lq_wb${tags}.below(3.6) ${limits.badSeconds}`];
  return [
    ...(scales.includes('narrowband') ? narrowband : []),
    ...(scales.includes('wideband') ? wideband : []),
    `loss${perCall}.p95 ${limits.callLoss}`,
    `jitter${tags}.p95 ${limits.jitter}`,
  ];
}

/** The profile's gates, checked, without those whose figure one of the user's own gates is about. */
export function withProfile(own: readonly Gate[], profile: Profile, scope: ProfileScope, context: GateContext): Gate[] {
  const { gates, problems } = parseGates(profileGates(profile, scope), {
    ...context,
    places: [],
    areDefaults: false,
    profile,
    references: REFERENCES,
  });
  if (problems.length > 0) throw new Error(`profile ${profile}: ${problems.map(inWords).join('; ')}`);
  const taken = new Set(own.map(figureKey));
  const others = gates.filter((gate) => !taken.has(figureKey(gate)));
  // This host is in every jitter that it measures: a profile is about the target.
  return [...own, ...others.map((gate) => (gate.metric.id === 'jitter' ? plusFloor(gate) : gate))];
}

function plusFloor(gate: Gate): Gate {
  return { ...gate, addsFloor: true };
}

/** What a gate is about, whatever it compares it with. */
function figureKey({ metric, query, stat }: Gate): string {
  const tags = Object.entries(query.tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metric.id, query.direction, query.per, tags, stat]);
}

function inWords({ where, message }: Problem): string {
  return `${where}: ${message}`;
}
