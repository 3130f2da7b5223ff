/** Whether the options and the prefix of a gate make sense for its figure: what cannot be told is refused, never ignored. */
import type { Finding } from './finding.js';
import type { Gate, GateSyntax, Reference } from './grammar.js';
import { betterWhen } from './stat.js';

const MISSING: Readonly<Record<Reference, { readonly message: string; readonly hint: string }>> = {
  idle: {
    message: 'compares with the idle stages, and load.stages marks none',
    hint: 'put a quiet stage first, such as {rate: 1/s, hold: 20s, idle: true}',
  },
  baseline: {
    message: 'compares with the result of another run, and none is given',
    hint: 'add --baseline FILE, the result.json of that run',
  },
};

/** @param references those that the run has */
export function fitFindings(gate: Gate, syntax: GateSyntax, references: readonly Reference[]): Finding[] {
  return [forFinding(gate), afterFinding(gate), abortFinding(gate), referenceFinding(gate, syntax, references)].filter(
    (finding) => finding !== undefined,
  );
}

function forFinding({ metric, query, stat, forMs, reference }: Gate): Finding | undefined {
  if (forMs === null) return undefined;
  if (reference !== null) return badOption(`for: ${reference}. compares figures of whole runs, which have no seconds`);
  if (metric.population === 'scalar') return badOption(`for: ${metric.id} is one value of the whole run`);
  if (metric.population === 'calls') return badOption(`for: ${metric.id} has one value a call, and none a second`);
  if (metric.population === 'legs' && query.per === 'call') {
    return badOption(`for: with per=call ${metric.id} has one value a call, and none a second`);
  }
  return stat?.kind === 'count' ? badOption('for: a count of values says nothing about one second') : undefined;
}

function afterFinding({ metric, query }: Gate): Finding | undefined {
  if (query.afterMs === 0 || metric.hasTimes) return undefined;
  return badOption(`after: ${metric.id} is a total of the whole run, of which no part can be left out`);
}

/** Only of a figure that is known while the run goes on, and that a bad target makes fail. */
function abortFinding(gate: Gate): Finding | undefined {
  const { metric, query, reference, abortOnFail } = gate;
  if (!abortOnFail) return undefined;
  if (metric.category === 'load') return badOption(`abortOnFail: ${metric.id} is known only when its calls have ended`);
  const better = betterWhen(gate);
  if (better === null) return badOption('abortOnFail: a count of values fails at the start of every run, or never');
  if (reference === 'idle' && (metric.population !== 'legs' || query.per === 'call')) {
    return badOption(
      `abortOnFail: calls of the idle stages may still be alive, so idle.${metric.id} is not known during the run`,
    );
  }
  if (failsWhenBad(gate, better)) return undefined;
  return badOption(`abortOnFail: this figure is better when ${better}, so a good system would end the run`);
}

function failsWhenBad({ operator, limit, unit }: Gate, better: 'higher' | 'lower'): boolean {
  if (operator !== '==') return operator.startsWith('>') === (better === 'higher');
  return better === 'lower' ? limit === 0 : unit === 'ratio' && limit === 1;
}

function referenceFinding(
  { metric, reference, profile }: Gate,
  syntax: GateSyntax,
  references: readonly Reference[],
): Finding | undefined {
  if (reference === null) return undefined;
  const { column } = syntax.metric;
  if (reference === 'idle' && (!metric.hasTimes || metric.category === 'load')) {
    return { code: 'bad-reference', column, message: `${metric.id} is not kept apart for the idle stages` };
  }
  // A profile asks for what it can get: without the reference its gate is shown as not evaluated.
  if (profile !== null || references.includes(reference)) return undefined;
  return { code: 'no-reference', column, ...MISSING[reference] };
}

function badOption(message: string): Finding {
  return { code: 'bad-option', column: null, message };
}
