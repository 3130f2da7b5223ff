/** Small documents for the tests of this room. */
import { formatProblem } from '../../../src/lib/errors.js';
import { loadScenario, type LoadedScenario } from '../../../src/scenario/load.js';
import type { Scenario } from '../../../src/scenario/scenario.js';

export const FILE = 'scenarios/peak.yaml';
export const HEAD = 'version: 1\nname: peak\ntarget: loopback\n';

export function load(text: string, env: Record<string, string> = {}): LoadedScenario {
  return loadScenario(text, { file: FILE, env });
}

/** The problem lines of a document, as the user sees them. */
export function linesOf(text: string, env: Record<string, string> = {}): string[] {
  return load(text, env).problems.map(formatProblem);
}

/** @throws when the document has a problem */
export function good(text: string, env: Record<string, string> = {}): Scenario {
  const { scenario, problems } = load(text, env);
  if (scenario === null) throw new Error(problems.map(formatProblem).join('\n'));
  return scenario;
}
