/**
 * In what two runs differ before a call was made. The far side may differ, that is what a before and after is about; what
 * was asked of it, and the model that scores it, may not.
 */
import type { ScenarioDifference } from '../run/comparison.js';
import type { Result } from '../run/result.js';

/** A difference below one of these makes the runs unlike. */
const ASKED = new Set(['endpoints', 'codec', 'media', 'srtp', 'audio', 'call', 'load', 'loopback', 'method']);
/** Below those, what may differ all the same: who is called, what endpoints are labelled with. */
const MAY_DIFFER = /^endpoints\.[^]*\.(?:target|labels\.[^]*)$/;
/** What judges, guards or films a run changes no figure; who logs in is nobody's business in a report. */
const IRRELEVANT = new Set(['version', 'gates', 'safety', 'auth', 'capture']);
const LOGIN = /^(?:endpoints\.[^]*\.auth|users\.[^]*)\.(?:user|password|authUser)$/;

/** As `result.json` holds it. */
export type Asked = Pick<Result, 'scenario' | 'method' | 'seed'>;

/** Every place where they differ, those that make the runs unlike first. */
export function scenarioDifferences(baseline: Asked, result: Asked): ScenarioDifference[] {
  const before = valuesOf(baseline);
  const after = valuesOf(result);
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths]
    .filter((path) => before.get(path) !== after.get(path) && !IRRELEVANT.has(rootOf(path)) && !LOGIN.test(path))
    .map((path) => ({
      path,
      baseline: before.get(path) ?? null,
      result: after.get(path) ?? null,
      unlike: isUnlike(path),
    }))
    .toSorted((a, b) => Number(b.unlike) - Number(a.unlike));
}

function isUnlike(path: string): boolean {
  return ASKED.has(rootOf(path)) && !MAY_DIFFER.test(path);
}

function rootOf(path: string): string {
  return path.split('.', 1)[0] ?? '';
}

function valuesOf({ scenario, method, seed }: Asked): Map<string, string> {
  const { scoreWindowSeconds, jitterBufferMs, model, advantageFactor } = method;
  const values = new Map<string, string>();
  collect(values, '', scenario);
  collect(values, 'method', { scoreWindowSeconds, jitterBufferMs, model, advantageFactor });
  values.set('seed', String(seed));
  return values;
}

function collect(values: Map<string, string>, path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    values.set(path, typeof value === 'string' ? value : JSON.stringify(value));
    return;
  }
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    values.set(path, value.map(String).join(', '));
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    collect(values, [path, keyOf(key, item)].filter((part) => part !== '').join('.'), item);
  }
}

/** Endpoints go by name, so that one more in front is one difference. */
function keyOf(key: string, item: unknown): string {
  const name: unknown = typeof item === 'object' && item !== null && 'name' in item ? item.name : null;
  return typeof name === 'string' ? name : key;
}
