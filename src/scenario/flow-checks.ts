/** Rules between the values of a call's course that the schema cannot say. */
import { parseDuration } from '../lib/units.js';
import type { Finding } from './checks.js';
import { headerNameProblem } from './flow-fields.js';
import { isMapping } from './mapping.js';

/** Steps after which nothing of the call is left. */
const LAST_STEPS: ReadonlySet<string> = new Set(['refer', 'bye']);

/** @param call `call` of a raw document */
export function checkFlow(call: unknown): Finding[] {
  if (!isMapping(call)) return [];
  return [...checkSteps(call['steps']), ...checkHeaders(call), ...checkTimer(call['sessionTimer'])];
}

function checkSteps(steps: unknown): Finding[] {
  if (!Array.isArray(steps)) return [];
  const findings: Finding[] = [];
  for (const [index, step] of steps.entries()) {
    const path = ['call', 'steps', index];
    const keys = isMapping(step) ? Object.keys(step) : [step];
    if (keys.length !== 1) {
      const message = `expected one thing to do, got ${keys.length === 0 ? 'none' : keys.join(' and ')}`;
      findings.push({ code: 'bad-step', path, message });
    }
    const [key] = keys;
    if (typeof key === 'string' && LAST_STEPS.has(key) && index < steps.length - 1) {
      findings.push({ code: 'bad-step', path, message: `expected ${key} as the last step: it ends the call` });
    }
    if (isMapping(step) && step['refer'] === 'loopback') {
      findings.push({ code: 'bad-step', path: [...path, 'refer'], message: 'expected a SIP URI, got loopback' });
    }
  }
  return findings;
}

function checkHeaders(call: Record<string, unknown>): Finding[] {
  const { headers } = call;
  if (!isMapping(headers)) return [];
  return Object.keys(headers).flatMap((name): Finding[] => {
    const message = headerNameProblem(name);
    return message === null ? [] : [{ code: 'bad-header', path: ['call', 'headers', name], message }];
  });
}

function checkTimer(timer: unknown): Finding[] {
  if (!isMapping(timer)) return [];
  const [expires, least] = [timer['expires'], timer['minSE']].map((value) =>
    typeof value === 'string' ? parseDuration(value) : undefined,
  );
  if (expires === undefined || least === undefined || least <= expires) return [];
  const message = 'expected at most the interval that is asked for (expires)';
  return [{ code: 'bad-timer', path: ['call', 'sessionTimer', 'minSE'], message }];
}
