/** All gates of a run, its own and those of its profile: at its start, and again where it is rebuilt from what it wrote. */
import { type CheckedGates, type GateContext, parseGates } from './check.js';
import { type Profile, type ProfileScope, withProfile } from './profiles.js';

export interface RunGates {
  /** As the run gives them, or the default ones. */
  readonly inputs: readonly unknown[];
  /** What their names are checked against. */
  readonly context: GateContext;
  readonly profile: Profile | null;
  readonly scope: ProfileScope;
}

/** @param places where each of the inputs was written */
export function checkRunGates({ inputs, context, profile, scope }: RunGates, places?: readonly string[]): CheckedGates {
  const own = parseGates(inputs, { ...context, ...(places !== undefined && { places }) });
  return profile === null ? own : { ...own, gates: withProfile(own.gates, profile, scope, context) };
}
