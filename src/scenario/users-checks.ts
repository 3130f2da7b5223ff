/** What must hold of users: in the document as it is written, and in the scenario once the flags are in it. */
import type { Problem } from '../lib/errors.js';
import type { Finding } from './checks.js';
import { CODEC_NAMES } from './fields.js';
import { callLengthMs } from './flow-plan.js';
import { isMapping } from './mapping.js';
import { callGroups, MAX_GROUPS } from './call-groups.js';
import { isEmergencyUser } from '../lib/emergency.js';
import { placeOf, type Scenario } from './scenario.js';
import { TARGET_FORM } from './target.js';

const TAGS_OF_GATES: ReadonlySet<string> = new Set(['direction', 'per', 'endpoint', 'codec']);

/** The rules over a raw document, so that a bad value elsewhere hides none of them. */
export function checkUsersDocument(document: unknown): Finding[] {
  if (!isMapping(document)) return [];
  const { users, call } = document;
  const areCalled = isMapping(call) && call['to'] === 'users';
  return [
    ...checkEntries(users),
    ...(areCalled ? [] : checkNumbers(document)),
    ...(users === undefined ? checkWithoutUsers(document, areCalled) : []),
  ];
}

function checkEntries(users: unknown): Finding[] {
  const entries: unknown[] = Array.isArray(users) ? users : [];
  return entries.flatMap((entry, index) => checkEntry(entry, index).concat(checkLabels(entry, index)));
}

/** Each is a tag of gates, beside those that every run has. */
function checkLabels(entry: unknown, index: number): Finding[] {
  const labels = isMapping(entry) ? entry['labels'] : undefined;
  const taken = Object.keys(isMapping(labels) ? labels : {}).filter((key) => TAGS_OF_GATES.has(key));
  return taken.map((key) => ({
    code: 'bad-label',
    path: ['users', index, 'labels', key],
    message: `expected a label of another name: ${key} is a tag of every gate`,
  }));
}

function checkEntry(entry: unknown, index: number): Finding[] {
  if (!isMapping(entry)) return [];
  const count = ['user', 'range'].filter((key) => Object.hasOwn(entry, key)).length;
  if (count === 1) return [];
  const message = `expected either "user" or "range", got ${count === 0 ? 'neither' : 'both'}`;
  return [{ code: 'bad-users', path: ['users', index], message }];
}

/** Only users who call each other need no number. */
function checkNumbers({ target, endpoints }: Record<string, unknown>): Finding[] {
  const list: unknown[] = Array.isArray(endpoints) ? endpoints : [];
  const places = [
    { path: ['target'], value: target },
    ...list.map((endpoint, index) => ({
      path: ['endpoints', index, 'target'],
      value: isMapping(endpoint) ? endpoint['target'] : undefined,
    })),
  ];
  return places.flatMap(({ path, value }): Finding[] => {
    if (typeof value !== 'string' || !/^sips?:[^@]*$/i.test(value)) return [];
    const hint = 'a PBX alone will do where users call each other: call.to: users';
    return [{ code: 'bad-value', path, message: `expected ${TARGET_FORM}, got no number before the host`, hint }];
  });
}

function checkWithoutUsers(document: Record<string, unknown>, areCalled: boolean): Finding[] {
  const hint = 'for example: users: [{ range: 1001-1010, password: "${env:PBX_PASSWORD}" }]';
  const findings: Finding[] = [];
  if (areCalled) {
    findings.push({
      code: 'missing',
      path: ['call', 'to'],
      message: 'expected users who call each other, got none',
      hint,
    });
  }
  if (Object.hasOwn(document, 'registration')) {
    findings.push({ code: 'missing', path: ['registration'], message: 'expected users who register, got none', hint });
  }
  return findings;
}

/** The rules over the scenario as it will run. */
export function checkUsers(scenario: Scenario): Problem[] {
  const { users } = scenario;
  if (users === null) return [...checkMarker(scenario), ...checkNobody(scenario)];
  return [
    ...checkMarker(scenario),
    ...checkLines(scenario),
    ...checkRegistrar(scenario),
    ...checkCredentials(scenario),
    ...checkNames(scenario),
    ...checkEnough(scenario),
    ...checkGroups(scenario),
  ];
}

function checkGroups(scenario: Scenario): Problem[] {
  const { length } = callGroups(scenario.endpoints, scenario.users?.list ?? null).list;
  if (length <= MAX_GROUPS) return [];
  const message = `expected at most ${MAX_GROUPS} different sets of labels, got ${length}`;
  const hint = 'each has figures of its own: label what users have in common, such as their site';
  return [{ code: 'too-many-groups', where: placeOf(scenario, 'users'), message, hint }];
}

/** Each needs a port of this host, and they leave some to everybody else. */
const MAX_LINES = 20_000;

function checkLines(scenario: Scenario): Problem[] {
  const count = scenario.users?.list.length ?? 0;
  if (scenario.network.connections !== 'user' || count <= MAX_LINES) return [];
  const message = `expected at most ${MAX_LINES} users with a connection each, got ${count}`;
  const hint = 'one port each: network.connections: worker has one for all of a worker';
  return [{ code: 'too-many-users', where: placeOf(scenario, 'network.connections'), message, hint }];
}

/** Half a second, tones of two and a half, and what a PBX takes to pass them on. */
const MARKED_CALL_MS = 4_000;

function checkMarker(scenario: Scenario): Problem[] {
  const { call, codecs } = scenario;
  if (!call.flow.marker) return [];
  const lacks = [
    ...(call.to === 'users' ? [] : ['calls between users (call.to: users)']),
    ...(scenario.media ? [] : ['media']),
    ...(callLengthMs(call) >= MARKED_CALL_MS ? [] : [`calls of ${MARKED_CALL_MS / 1000} s at least`]),
    ...(codecs.every((codec) => CODEC_NAMES.some((name) => name === codec))
      ? []
      : ['codecs that are built in, for a tone is put into their audio']),
  ];
  const where = placeOf(scenario, 'call.marker');
  return lacks.map((what) => ({ code: 'bad-marker', where, message: `expected ${what} where calls have a marker` }));
}

function checkNobody(scenario: Scenario): Problem[] {
  if (scenario.network.connections !== 'user') return [];
  const message = 'expected users who have a connection each, got none';
  return [{ code: 'missing', where: placeOf(scenario, 'network.connections'), message }];
}

function checkRegistrar(scenario: Scenario): Problem[] {
  const problems: Problem[] = [];
  const { endpoints, network } = scenario;
  if (endpoints.length > 1) {
    const message = `expected one target, where the users register, got ${endpoints.length}`;
    problems.push({ code: 'many-registrars', where: placeOf(scenario, 'endpoints'), message });
  }
  if (endpoints.some(({ target }) => target.kind === 'loopback')) {
    const where = placeOf(scenario, 'endpoints[0].target');
    const message = 'expected a PBX where the users register, got loopback, which is none';
    problems.push({ code: 'no-registrar', where, message, hint: 'give its address: --target sip:pbx.example.com' });
  }
  if (network.connections === 'call') {
    const where = placeOf(scenario, 'network.connections');
    const message =
      'expected "worker" or "user", got "call": registered users are reached over a connection that stays';
    problems.push({ code: 'bad-connections', where, message });
  }
  return problems;
}

function checkCredentials(scenario: Scenario): Problem[] {
  const { auth, endpoints } = scenario;
  const paths = [
    ...(auth === null ? [] : ['auth']),
    ...endpoints.flatMap((endpoint, index) => (endpoint.auth === null ? [] : [`endpoints[${index}].auth`])),
  ];
  return paths.map((path) => ({
    code: 'two-callers',
    where: placeOf(scenario, path),
    message: 'expected no other credentials beside users: each calls with its own',
  }));
}

/** A whole range twice need not be told number by number. */
const MAX_NAMED = 5;

/** By their place in the list, since a name may have come from a reference. */
function checkNames(scenario: Scenario): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  const where = placeOf(scenario, 'users');
  const list = scenario.users?.list ?? [];
  for (const [index, { user }] of list.entries()) {
    const got = `got user ${index + 1} of ${list.length}`;
    if (isEmergencyUser(user)) {
      const message = `expected users without an emergency number, ${got}`;
      problems.push({ code: 'emergency-number', where, message, hint: 'emergency services are never called' });
    } else if (seen.has(user)) {
      problems.push({ code: 'duplicate-user', where, message: `expected each user once, ${got} again` });
    }
    seen.add(user);
    if (problems.length >= MAX_NAMED) break;
  }
  return problems;
}

/** Users of one thread call each other, so each thread needs two. */
function checkEnough(scenario: Scenario): Problem[] {
  const { workers, call } = scenario;
  const count = scenario.users?.list.length ?? 0;
  const needed = workers.signalling * (call.to === 'users' ? 2 : 1);
  if (count >= needed) return [];
  const threads = workers.signalling === 1 ? '' : ` for ${workers.signalling} threads`;
  const message = `expected at least ${needed} users${threads}, got ${count}`;
  return [{ code: 'too-few-users', where: placeOf(scenario, 'users'), message }];
}
