/**
 * What a scenario will ask of this host at its busiest. Set-up time is not known beforehand and counts as nothing, so
 * slow answers make the real peak higher.
 */
import type { Problem } from '../lib/errors.js';
import { srtpSuite } from '../lib/srtp-suite.js';
import { callLengthMs } from './flow-plan.js';
import { ptimeOf } from './replay.js';
import { placeOf, type Scenario } from './scenario.js';

/** IPv4 20 + UDP 8 + RTP 12 bytes; Ethernet (18 more) and IPv6 (20 more) are not counted. */
const HEADER_BYTES = 40;
/** PCMU, PCMA and G722: 64 kbit/s. */
const BYTES_PER_MS = 8;
const DIRECTIONS = 2;
/** RTP and RTCP. */
const PORTS_PER_CALL = 2;
/** Slots beyond the peak, for answers that are slow. */
const SLOT_MARGIN = 1.25;
/** A slot drains and rests so long after its BYE before it serves again. */
const REST_MS = 4000;
/** Descriptors of Node itself, its threads, the SIP sockets and the files of the run. */
const OTHER_FILES = 64;

/** The part of a schedule that counts here. */
export interface ArrivalPeak {
  peakActive(lastingMs: number): number;
}

export interface Peak {
  /** Calls alive at once. */
  readonly calls: number;
  /** RTP packets per second, both directions together; half of it is sent. */
  readonly packetsPerSecond: number;
  /** IP traffic of RTP, both directions together, in 10^6 bit/s. */
  readonly mbitPerSecond: number;
  /** UDP ports from `network.rtpPorts`. */
  readonly ports: number;
  /** Open file descriptors. */
  readonly files: number;
}

/** From the schedule, the hold time, the caps, the users and the total. */
export function expectedPeak(scenario: Scenario, schedule: ArrivalPeak): Peak {
  const { call, load, media } = scenario;
  const cap = Math.min(load.concurrency ?? Number.POSITIVE_INFINITY, load.calls ?? Number.POSITIVE_INFINITY);
  const calls = Math.min(cap, usersCap(scenario), schedule.peakActive(callLengthMs(call)));
  const legs = legsPerCall(scenario);
  // Without media one bound sink is advertised for all.
  const slots = media ? slotsFor(scenario, schedule, calls) * legs : 1;
  const packetsPerSecond = media ? (calls * legs * DIRECTIONS * 1000) / ptimeOf(scenario) : 0;
  return {
    calls,
    packetsPerSecond,
    mbitPerSecond: (packetsPerSecond * packetBytes(scenario) * 8) / 1e6,
    ports: slots * PORTS_PER_CALL,
    files: slots * PORTS_PER_CALL + OTHER_FILES + ownConnections(scenario, calls),
  };
}

/** With the longest tag of the SRTP suites that are offered. */
function packetBytes(scenario: Scenario): number {
  const { srtp } = scenario;
  return (
    HEADER_BYTES +
    BYTES_PER_MS * ptimeOf(scenario) +
    Math.max(0, ...(srtp ?? []).map((suite) => srtpSuite(suite).rtpTagBytes))
  );
}

/** Beside those that all calls share. */
function ownConnections({ network, users }: Scenario, calls: number): number {
  if (network.connections === 'user') return users?.list.length ?? 0;
  return network.connections === 'call' ? calls : 0;
}

/** Both ends of a call between users are ours. */
export function legsPerCall({ call }: Pick<Scenario, 'call'>): number {
  return call.to === 'users' ? 2 : 1;
}

/** Calls that the users can have at once, each of them one; Infinity without users. */
export function usersCap(scenario: Scenario): number {
  const { users } = scenario;
  return users === null ? Number.POSITIVE_INFINITY : Math.floor(users.list.length / legsPerCall(scenario));
}

/** What a reader should know beforehand where the users are fewer than the load asks for; null: they will do. */
export function usersWarning(scenario: Scenario, schedule: ArrivalPeak): string | null {
  const { load, call } = scenario;
  const limits = [load.concurrency, load.calls].map((limit) => limit ?? Number.POSITIVE_INFINITY);
  const wanted = Math.min(...limits, schedule.peakActive(callLengthMs(call)));
  const cap = usersCap(scenario);
  if (wanted <= cap) return null;
  const needed = wanted * legsPerCall(scenario);
  return `users: ${scenario.users?.list.length} allow ${cap} calls at once, and the load asks for ${wanted} (${needed} users): calls will wait for a free user`;
}

/** Those in use and those at rest; never more than there are calls. */
function slotsFor({ call, load }: Scenario, schedule: ArrivalPeak, calls: number): number {
  const margin = load.concurrency === null ? Math.ceil(calls * SLOT_MARGIN) : load.concurrency;
  const lengthMs = callLengthMs(call);
  const withRest = schedule.peakActive(lengthMs + REST_MS);
  const turnover = load.concurrency === null ? withRest : Math.min(withRest, calls + restingOf(calls, lengthMs));
  return Math.min(load.calls ?? Number.POSITIVE_INFINITY, Math.max(margin, turnover));
}

/** With a full cap, calls end as fast as they can: each of its places leaves so many slots at rest. */
function restingOf(calls: number, holdMs: number): number {
  return Math.ceil((calls * REST_MS) / Math.max(holdMs, 1));
}

/** The port range must hold what the peak needs. */
export function checkPorts(scenario: Scenario, peak: Peak): Problem[] {
  const { first, last } = scenario.network.rtpPorts;
  // RTP takes an even port and RTCP the next one.
  const available = Math.floor((last + 1) / 2) * 2 - Math.ceil(first / 2) * 2;
  if (peak.ports <= available) return [];
  const message = `expected at least ${peak.ports} ports for ${peak.calls} calls, got ${available}`;
  const hint = 'widen network.rtpPorts or lower load.concurrency';
  return [{ code: 'too-few-ports', where: placeOf(scenario, 'network.rtpPorts'), message, hint }];
}
