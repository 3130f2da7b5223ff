/** Rules between the values of a call's course that the schema cannot say. */
import { parseDuration } from '../lib/units.js';
import type { Finding } from './checks.js';
import { headerNameProblem } from './flow-fields.js';
import { isMapping } from './mapping.js';

/** Steps after which nothing of the call is left. */
const LAST_STEPS: ReadonlySet<string> = new Set(['refer', 'bye']);

/** @param call `call` of a raw document */
export function checkFlow(call: unknown, hasMedia: boolean): Finding[] {
  if (!isMapping(call)) return [];
  return [
    ...checkSteps(call['steps']),
    ...(hasMedia ? [] : checkSilentKeys(call['steps'])),
    ...checkKeys(call['expect'], call['steps']),
    ...checkHeaders(call),
    ...checkTimer(call['sessionTimer']),
  ];
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

/** Keys of a run that has no audio. */
function checkSilentKeys(steps: unknown): Finding[] {
  if (!Array.isArray(steps)) return [];
  const message = 'expected method info: without media no keys go as audio';
  return steps.flatMap((step, index): Finding[] => {
    const keys: unknown = isMapping(step) ? step['dtmf'] : undefined;
    const method = isMapping(keys) ? keys['method'] : undefined;
    const isAudio = keys !== undefined && method !== 'info' && method !== 'info-plain';
    return isAudio ? [{ code: 'bad-step', path: ['call', 'steps', index, 'dtmf'], message }] : [];
  });
}

/** A refused call has no keys. */
function checkKeys(expect: unknown, steps: unknown): Finding[] {
  if (!isMapping(expect) || expect['dtmf'] === undefined) return [];
  const isAnswered = expect['status'] === undefined || expect['status'] === 'answered';
  const path = ['call', 'expect', 'dtmf'];
  if (!isAnswered) return [{ code: 'bad-expect', path, message: 'expected no keys where no answer is expected' }];
  const waits = Array.isArray(steps) && steps.some((step) => isMapping(step) && step['expectDtmf'] !== undefined);
  const message = 'expected either the keys of the whole call here, or steps that wait for keys (expectDtmf)';
  return waits ? [{ code: 'bad-expect', path, message }] : [];
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
