/** The guards of a run: emergency numbers, the allow-list, public addresses, hard caps. Fails closed. */
import type { Problem } from '../lib/errors.js';
import { formatRate } from '../lib/units.js';
import { isPublic, parseIp, parseIpRange, rangeHolds, type IpAddress } from '../lib/ip-address.js';
import { isEmergencyUser } from '../lib/emergency.js';
import { placeOf, shownAt, type Scenario } from './scenario.js';
import { shownTarget, type SipTarget } from './shown-target.js';

/** A target with what may be printed of it. */
interface Destination {
  readonly target: SipTarget;
  readonly where: string;
  readonly shown: string;
  /** undefined stands for an address that is not one. */
  readonly addresses: readonly (IpAddress | undefined)[];
}

/**
 * @param resolve addresses of a host name, looked up beforehand; not asked for literal addresses; empty: unknown
 * @param peakCalls calls alive at once, from `expectedPeak`
 */
export function checkSafety(
  scenario: Scenario,
  resolve: (host: string) => readonly string[],
  peakCalls: number,
): Problem[] {
  const destinations = scenario.endpoints.flatMap(({ target }, index): Destination[] => {
    if (target.kind === 'loopback') return [];
    return [destinationAt(scenario, `endpoints[${index}].target`, target, resolve)];
  });
  destinations.push(...transfersOf(scenario, resolve));
  const { outboundProxy } = scenario.network;
  if (outboundProxy !== null)
    destinations.push(destinationAt(scenario, 'network.outboundProxy', outboundProxy, resolve));
  return [
    ...destinations.flatMap((destination) => checkDestination(scenario, destination)),
    ...checkRate(scenario),
    ...checkConcurrency(scenario, peakCalls),
  ];
}

/** Whom the far side is to call on our word. A name that nobody looked up may be of anybody. */
function transfersOf(scenario: Scenario, resolve: (host: string) => readonly string[]): Destination[] {
  return scenario.call.flow.steps.flatMap((step, index): Destination[] => {
    if (step.kind !== 'refer') return [];
    const target: SipTarget = {
      uri: step.to,
      user: step.user,
      host: step.host,
      port: null,
      transport: 'udp',
      transportByDns: false,
      isSecure: false,
    };
    const path = `call.steps[${index}].refer`;
    const found = { ...destinationAt(scenario, path, target, resolve), shown: shownAt(scenario, path, target.uri) };
    return [found.addresses.length > 0 ? found : { ...found, addresses: [undefined] }];
  });
}

function destinationAt(
  scenario: Scenario,
  path: string,
  target: SipTarget,
  resolve: (host: string) => readonly string[],
): Destination {
  const literal = parseIp(target.host);
  const addresses = literal === undefined ? resolve(target.host).map(parseIp) : [literal];
  return { target, where: placeOf(scenario, path), shown: shownTarget(scenario, path, target), addresses };
}

function checkDestination(scenario: Scenario, destination: Destination): Problem[] {
  const { where, shown, target, addresses } = destination;
  if (target.user !== undefined && isEmergencyUser(target.user)) {
    const message = `expected a number that is no emergency number, got ${shown}`;
    return [{ code: 'emergency-number', where, message, hint: 'emergency services are never called' }];
  }
  // What goes to the outbound proxy need not have an address of its own: nothing is sent there.
  const isSent = scenario.network.outboundProxy === null || target === scenario.network.outboundProxy;
  if (addresses.length === 0 && isSent) {
    const message = `expected a host with a known address, got ${shown}`;
    return [{ code: 'unresolved-target', where, message, hint: 'an unknown address cannot be checked' }];
  }
  return [...checkAllowed(scenario, destination), ...checkPublic(scenario, destination)];
}

/** By name, or every one of its addresses must be in the list: a host with one foot outside is outside. */
function checkAllowed(scenario: Scenario, { where, shown, target, addresses }: Destination): Problem[] {
  const { allow } = scenario.safety;
  if (allow === null || allow.some((entry) => entry.toLowerCase() === target.host)) return [];
  const ranges = allow.map(parseIpRange).filter((range) => range !== undefined);
  const inside = (address: IpAddress | undefined): boolean =>
    address !== undefined && ranges.some((range) => rangeHolds(range, address));
  if (addresses.length > 0 && addresses.every(inside)) return [];
  const message = `expected a destination of safety.allow, got ${shown}`;
  const hint = `add it at ${placeOf(scenario, 'safety.allow')}, if it may be called`;
  return [{ code: 'not-allowed', where, message, hint }];
}

function checkPublic(scenario: Scenario, { where, shown, target, addresses }: Destination): Problem[] {
  const { authorised, allowPublic } = scenario.safety;
  const permitted = allowPublic.some((host) => sameHost(host, target.host));
  const outside = addresses.some((address) => address === undefined || isPublic(address));
  if (authorised || permitted || !outside) return [];
  const message = `expected permission to call a public address, got ${shown}`;
  const hint = `set safety.authorised: true, or give --allow-public with its host, if its owner agreed`;
  return [{ code: 'public-address', where, message, hint }];
}

function checkRate(scenario: Scenario): Problem[] {
  const { maxRate } = scenario.safety;
  return scenario.load.stages.flatMap(({ rate }, index): Problem[] => {
    if (rate <= maxRate) return [];
    const path = `load.stages[${index}].rate`;
    const asked = shownAt(scenario, path, formatRate(rate));
    const cap = shownAt(scenario, 'safety.maxRate', formatRate(maxRate));
    const message = `expected at most ${cap}, the cap safety.maxRate, got ${asked}`;
    return [{ code: 'rate-cap', where: placeOf(scenario, path), message, hint: raise(scenario, 'maxRate') }];
  });
}

function checkConcurrency(scenario: Scenario, peakCalls: number): Problem[] {
  const { load, safety } = scenario;
  const limit = shownAt(scenario, 'safety.maxConcurrency', String(safety.maxConcurrency));
  const cap = `expected at most ${limit} calls at once, the cap safety.maxConcurrency`;
  const hint = raise(scenario, 'maxConcurrency');
  if (load.concurrency !== null && load.concurrency > safety.maxConcurrency) {
    const where = placeOf(scenario, 'load.concurrency');
    const asked = shownAt(scenario, 'load.concurrency', String(load.concurrency));
    return [{ code: 'concurrency-cap', where, message: `${cap}, got ${asked}`, hint }];
  }
  if (peakCalls <= safety.maxConcurrency) return [];
  const where = placeOf(scenario, 'load.stages');
  return [{ code: 'concurrency-cap', where, message: `${cap}, got an expected peak of ${peakCalls}`, hint }];
}

function raise(scenario: Scenario, cap: string): string {
  const path = `safety.${cap}`;
  const where = scenario.sources?.where[path];
  return where === undefined ? `raise it in the scenario: ${path}` : `raise it at ${where}`;
}

/** `--allow-public` takes a name or an address, with or without brackets. */
function sameHost(given: string, host: string): boolean {
  const plain = given.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  const [a, b] = [parseIp(plain), parseIp(host)];
  return plain === host || (a !== undefined && b !== undefined && a.bytes.join('.') === b.bytes.join('.'));
}
