/** What to try next, as a flag or key with its reason: each rule gives one sentence where it applies, and else nothing. */
import { parseDuration } from '../lib/units.js';
import type { GateResult, Result } from '../run/result.js';
import { roundTrip, totalLegs, totalLossRatio } from './key-figures.js';
import { formatCount, formatMs, formatRatio } from './number-format.js';
import type { Direction } from './scores.js';

type Rule = (result: Result) => string | null;

const MOST = 3;
/** A first RTCP report is due after 3.1 s at most, and the next after 6.2 s more (RFC 3550 §6.2). */
const HOLD_FOR_REPORTS_MS = 10_000;
/** Not every call gives as many samples as the last ones did. */
const SPARE_SAMPLES = 1.2;
const CONFIDENCE_ALPHA = 0.05;
/** Above this part of the requests sent again, datagrams or answers are being lost. */
const MANY_RETRANSMISSIONS = 0.05;
/** More of the measured jitter than this is of the host itself. */
const FLOOR_SHARE = 0.5;

/** At most three, the most pressing first. Names in them are as the run gave them: escape them where they are shown. */
export function adviceFor(result: Result): readonly string[] {
  return rulesFor(result)
    .map((rule) => rule(result))
    .filter((advice) => advice !== null)
    .slice(0, MOST);
}

/** What a run says of load and numbers holds where the target answered, and of the run as a whole where it went on to its end. */
function rulesFor(result: Result): readonly Rule[] {
  if (isUnanswered(result)) return OF_THE_WAY;
  const rules = [...OF_THE_WAY, ...OF_CALLS];
  return wasStopped(result) ? rules.filter((rule) => !OF_WHOLE_RUNS.has(rule)) : rules;
}

function isUnanswered({ calls, signalling }: Result): boolean {
  return calls.attempted > 0 && signalling.responses.length === 0;
}

const unreachable: Rule = (result) => {
  const untrusted = causesOf(result, /^tlsFailed$/);
  if (untrusted !== null) {
    return `--tls-ca FILE: there was no agreement on TLS in ${untrusted}: trust the authority of the target's certificate (else see --tls-server-name, --tls-cert and --tls-insecure)`;
  }
  const refused = causesOf(result, /^connectionFailed$/);
  if (refused === null || durationOf(result.scenario, 'network', 'wait') > 0) return null;
  return `--wait 60s: no connection came about in ${refused}; this waits for a target that is still starting (else check address, port and transport)`;
};

const nothingAnswered: Rule = (result) => {
  const { signalling, scenario } = result;
  if (!isUnanswered(result) || causesOf(result, /^(tls|connection)Failed$/) !== null) return null;
  if (signalling.malformed > 0) {
    return `--target: what answers there is no SIP (${formatCount(signalling.malformed)} datagrams could not be read): check the port`;
  }
  if (durationOf(scenario, 'network', 'wait') > 0) return null;
  return '--wait 60s: the target answered nothing; this waits for one that is still starting (else check address, port and firewall)';
};

/** Of calls that were redirected to a host for which the credentials are not. */
const WITHHELD = /^credentialsWithheld$/;

const withheld: Rule = (result) => {
  const asked = causesOf(result, WITHHELD);
  return (
    asked &&
    `endpoints of the scenario: another host asked for credentials in ${asked} that were redirected to it: those of an endpoint are for its own hosts, so call it as an endpoint of its own, with its credentials`
  );
};

const credentials: Rule = (result) => {
  const asked = refusals(result, [401, 407], WITHHELD);
  if (asked !== null) {
    return hasCredentials(result)
      ? `--user, CALLGAUGE_PASSWORD: the target refused the credentials of ${asked}: check both`
      : `--user NAME, with its password in CALLGAUGE_PASSWORD: the target asked for credentials in ${asked}`;
  }
  const forbidden = refusals(result, [403]);
  if (forbidden === null || hasCredentials(result)) return null;
  return `--user NAME: the target forbade ${forbidden}: it may want an account, or must first allow the address of this host`;
};

const wrongNumber: Rule = (result) => {
  const unknown = refusals(result, [404, 410, 484, 604]);
  return unknown && `--target: no such number in ${unknown}: check it, and whether it wants a + or a prefix`;
};

const encryption: Rule = (result) => {
  const isOn = fieldOf(result.scenario, 'srtp') !== undefined;
  const refused = isOn ? (refusals(result, [488, 606]) ?? causesOf(result, /^sdp:(?:no|bad|no-common)-crypto$/)) : null;
  return refused && `--srtp off: encrypted audio was not agreed on in ${refused}: see whether it is the reason`;
};

const codec: Rule = (result) => {
  if (encryption(result) !== null) return null;
  const refused = refusals(result, [415, 488, 606]) ?? causesOf(result, /^sdp:no-common-codec$/);
  if (refused === null) return null;
  const offered = new Set(result.method.codecs.map(({ codec }) => codec));
  const other = ['PCMA', 'PCMU', 'G722'].find((name) => !offered.has(name));
  const names = [...offered].join(', ');
  return other === undefined
    ? `codec at the far end: it took none of ${names} in ${refused}: allow one of them there`
    : `--codec ${[...offered, other].join(',')}: ${names} alone was not acceptable in ${refused}`;
};

const overload: Rule = (result) => {
  const { calls } = result;
  const refused = refusals(result, [486, 503, 600]);
  if (refused === null || calls.attempted < 2) return null;
  if (calls.answered === 0)
    return `--calls 1: busy or unavailable in ${refused}: see first whether one call alone gets through`;
  if (calls.peakConcurrent < 2) return null;
  return `--concurrency ${Math.floor(calls.peakConcurrent / 2)}: busy or unavailable in ${refused} with up to ${formatCount(calls.peakConcurrent)} at once: find out whether their number is the reason`;
};

const noSlot: Rule = (result) => {
  const refused = causesOf(result, /^noSlot$/);
  const most = Math.max(1, result.calls.peakConcurrent);
  if (refused !== null && result.reasons.some((reason) => /no media slot.*no file handle/.test(reason))) {
    return `ulimit -n: no media slot was free for ${refused}, as this host had no file handle left: raise the limit of open files`;
  }
  return refused && `--concurrency ${most}, or a wider network.rtpPorts: no media slot was free for ${refused}`;
};

const ADVICE_ON_LIMITS: readonly (readonly [cause: RegExp, advice: string])[] = [
  [/^noFileHandle$/, 'ulimit -n: this host had no file handle left'],
  [/^noLocalPort$/, 'net.ipv4.ip_local_port_range, or --connections worker: this host had no free local port left'],
  [/^noSocketMemory$/, 'net.ipv4.tcp_mem: this host had no memory for another socket'],
];

const hostLimit: Rule = (result) => {
  for (const [cause, advice] of ADVICE_ON_LIMITS) {
    const refused = causesOf(result, cause);
    if (refused !== null) return `${advice} for ${refused}`;
  }
  return null;
};

const lateAudio: Rule = (result) => {
  if (!strainedBy(result, /audio left late|more than a packet time late/)) return null;
  const { workers, cores } = result.environment;
  if (workers.media < cores - 1) {
    return `--workers media=${workers.media + 1}: audio left late, and this host has cores to spare`;
  }
  const most = result.calls.peakConcurrent;
  return `--concurrency ${lessThan(most)}, or a quieter host: audio left late with ${formatCount(most)} at once; callgauge doctor measures how many it carries`;
};

const lateSignalling: Rule = (result) => {
  const isLate = strainedBy(result, /signalling threads were late/);
  const isRefused = noSlot(result) !== null || hostLimit(result) !== null; // those were not late
  if (!isLate && (isRefused || !strainedBy(result, /calls were started within/))) return null;
  const { workers, cores } = result.environment;
  const what = isLate ? 'the signalling threads were late' : 'calls were started too late';
  return workers.signalling + workers.media < cores
    ? `--workers signalling=${workers.signalling + 1}: ${what}, and this host has cores to spare`
    : `--rate ${rateOf(result.load.targetRate * 0.7)}: ${what} at ${rateOf(result.load.targetRate)}; callgauge doctor measures this host`;
};

const drops: Rule = (result) =>
  strainedBy(result, /this host dropped/)
    ? 'callgauge doctor: this host dropped packets that had reached it; the check names the limit of its socket buffers'
    : null;

const missingAudio: Rule = (result) => {
  const { oneWay, noMedia } = result.calls;
  const legs = Math.max(oneWay, noMedia);
  if (legs === 0) return null;
  const where = `audio did not come back on ${formatCount(legs)} of ${formatCount(totalLegs(result))} legs`;
  return fieldOf(result.scenario, 'network', 'advertise') === undefined
    ? `--advertise ADDRESS: ${where}: behind NAT, name the address at which the far end reaches this host`
    : `network.rtpPorts: ${where}: let its UDP ports (${textOf(result.scenario, 'network', 'rtpPorts')}) through the firewall`;
};

const ownJitter: Rule = ({ gates, generator }) => {
  const floor = generator.floor?.jitterMs?.p95 ?? 0;
  const failed = gates.find(({ expr, state }) => state === 'fail' && expr.startsWith('jitter'));
  if (failed === undefined || failed.observed === null || floor < failed.observed * FLOOR_SHARE) return null;
  return `callgauge doctor: this host alone has a jitter of ${formatMs(floor)} p95, which is much of the ${formatMs(failed.observed)} measured: try a quieter one`;
};

/** Where the points were lost: by loss or by lateness, in which direction, and on which endpoint most. */
const lostQuality: Rule = (result) => {
  const failed = result.gates.find(({ expr, state }) => state === 'fail' && /^(mos|r_factor)/.test(expr));
  if (failed === undefined) return null;
  const direction = /direction *= *sent/.test(failed.expr) ? 'sent' : 'received';
  const loss = totalLossRatio(result.quality[direction]) ?? 0;
  const late = result.quality[direction]?.discardRatio?.mean ?? 0;
  if (loss < 0.001 && late < 0.001) return null;
  const lost = loss >= late;
  const share = lost ? `${formatRatio(loss)} of the packets lost` : `${formatRatio(late)} of the packets too late`;
  const name = lost ? 'loss' : 'discard';
  const tag = direction === 'sent' ? '{direction=sent}' : '';
  const text = `${failed.expr} failed with ${share} ${inDirection(direction)}${worstEndpoint(result, direction)}`;
  return result.gates.some(({ expr }) => expr.startsWith(name))
    ? `the worst calls of the report: ${text}: look there for when it was`
    : `--gate "${name}${tag}.p95 <= 1%": ${text}: gate that apart`;
};

const retransmissions: Rule = ({ signalling, load, calls }) => {
  const ratio = signalling.retransmissionRatio ?? 0;
  // A call that nobody answers sends its INVITE seven times, whatever the rate.
  if (ratio <= MANY_RETRANSMISSIONS || calls.causes.some(({ cause }) => cause === 'timeout')) return null;
  return `--rate ${rateOf(load.targetRate / 2)}: ${formatRatio(ratio)} of the SIP requests had to be sent again: see whether they need it at half the rate`;
};

const fewSamples: Rule = (result) => {
  const counts = result.gates.flatMap(({ state, reason, samples }) => {
    const needed = Number(/at least (\d+) are needed/.exec(reason ?? '')?.[1]);
    return state === 'no-data' && samples > 0 && needed > samples ? [needed / samples] : [];
  });
  if (counts.length === 0) return null;
  const calls = Math.ceil(result.calls.attempted * Math.max(...counts) * SPARE_SAMPLES);
  return `${moreCalls(result, calls)}: ${gatesInWords(counts.length)} too few samples to judge by with ${callsInWords(result.calls.attempted)}`;
};

const noReports: Rule = (result) => {
  const { received, sent } = result.quality;
  if (received === null || roundTrip(result.quality) !== null || (sent?.legs.rtcp ?? 0) > 0) return null;
  const hold = durationOf(result.scenario, 'call', 'hold');
  return hold > 0 && hold < HOLD_FOR_REPORTS_MS
    ? '--hold 15s: no RTCP report came in such short calls, and without one MOS-CQ and the round trip are not measured'
    : 'RTCP at the far end (RTP port + 1): no report came, so that MOS-CQ and the round trip are not measured';
};

/** 0.05^(1/n) is what n calls without a failure show at 95 % confidence. */
const support: Rule = (result) => {
  const gate = result.gates.find(isUnsupported);
  if (gate === undefined || result.verdict !== 'pass') return null;
  const needed = Math.ceil(Math.log(CONFIDENCE_ALPHA) / Math.log(gate.limit));
  const calls = Math.ceil((needed * result.calls.attempted) / gate.samples);
  return `${moreCalls(result, calls)}: so many without a failure show ${gate.expr} at 95 % confidence; ${callsInWords(gate.samples)} do not`;
};

const OF_THE_WAY: readonly Rule[] = [unreachable, nothingAnswered];

const OF_CALLS: readonly Rule[] = [
  withheld,
  credentials,
  wrongNumber,
  encryption,
  codec,
  overload,
  noSlot,
  hostLimit,
  lateAudio,
  lateSignalling,
  drops,
  missingAudio,
  ownJitter,
  lostQuality,
  retransmissions,
  fewSamples,
  noReports,
  support,
];

/** Who was stopped has neither the load nor the samples that he asked for. */
const OF_WHOLE_RUNS: ReadonlySet<Rule> = new Set([lateSignalling, retransmissions, fewSamples, noReports, support]);

function isUnsupported({ expr, state, observed, limit, samples }: GateResult): boolean {
  const isOfSuccess = state === 'pass' && /^success_ratio\b.*>/.test(expr) && observed === 1;
  return isOfSuccess && limit < 1 && samples > 0 && CONFIDENCE_ALPHA ** (1 / samples) < limit;
}

/** `12 calls (401)`; null when no call ended with one of these statuses, but for a cause that says another thing. */
function refusals({ calls }: Result, statuses: readonly number[], except?: RegExp): string | null {
  const found = calls.causes.filter(
    ({ sipStatus, cause }) => sipStatus !== null && statuses.includes(sipStatus) && except?.test(cause) !== true,
  );
  if (found.length === 0) return null;
  const count = found.reduce((sum, cause) => sum + cause.count, 0);
  return `${callsInWords(count)} (${found.map(({ sipStatus }) => sipStatus).join(', ')})`;
}

function causesOf({ calls }: Result, cause: RegExp): string | null {
  const count = calls.causes.filter((one) => cause.test(one.cause)).reduce((sum, one) => sum + one.count, 0);
  return count === 0 ? null : callsInWords(count);
}

function strainedBy({ generator }: Result, reason: RegExp): boolean {
  return generator.verdict === 'strained' && generator.reasons.some((text) => reason.test(text));
}

function hasCredentials({ scenario }: Result): boolean {
  const endpoints = fieldOf(scenario, 'endpoints');
  const ofEndpoints = Array.isArray(endpoints) && endpoints.some((one: unknown) => fieldOf(one, 'auth') !== undefined);
  return ofEndpoints || fieldOf(scenario, 'auth') !== undefined;
}

function worstEndpoint({ endpoints }: Result, direction: Direction): string {
  const losses = endpoints.map(({ name, quality }) => ({ name, loss: totalLossRatio(quality[direction]) ?? 0 }));
  const [worst] = losses.toSorted((a, b) => b.loss - a.loss);
  return endpoints.length < 2 || worst === undefined || worst.loss === 0
    ? ''
    : `, most on ${worst.name} (${formatRatio(worst.loss)})`;
}

function inDirection(direction: Direction): string {
  return direction === 'sent' ? 'on the way to the far end' : 'on the way from the far end';
}

function wasStopped({ verdict }: Result): boolean {
  return verdict !== 'pass' && verdict !== 'fail' && verdict !== 'inconclusive';
}

/** The flags by which the same run places so many calls: more of them, and more time where its stages have an end. */
function moreCalls(result: Result, calls: number): string {
  const stages = fieldOf(result.scenario, 'load', 'stages');
  const last: unknown = Array.isArray(stages) ? stages.at(-1) : undefined;
  const isEndless = fieldOf(last, 'hold') === undefined && fieldOf(last, 'ramp') === undefined;
  const isCounted = fieldOf(result.scenario, 'load', 'calls') !== undefined;
  const seconds = result.seconds.findLastIndex(({ started }) => started > 0) + 1;
  const longer = `--duration ${Math.ceil((seconds * calls) / Math.max(1, result.calls.attempted))}s`;
  if (isCounted) return isEndless ? `--calls ${calls}` : `--calls ${calls} ${longer}`;
  return longer;
}

function lessThan(calls: number): number {
  return Math.max(1, Math.floor(calls * 0.7));
}

/** Two significant digits, as `--rate` reads it. */
function rateOf(perSecond: number): string {
  return `${Number(perSecond.toPrecision(2))}/s`;
}

function callsInWords(count: number): string {
  return `${formatCount(count)} call${count === 1 ? '' : 's'}`;
}

function gatesInWords(count: number): string {
  return count === 1 ? 'a gate has' : `${count} gates have`;
}

/** A value of the scenario as the result keeps it; undefined where it is not there. */
function fieldOf(record: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    record,
  );
}

function textOf(record: unknown, ...path: readonly string[]): string {
  const value = fieldOf(record, ...path);
  return typeof value === 'string' ? value : '';
}

/** In ms; 0 where there is none. */
function durationOf(record: unknown, ...path: readonly string[]): number {
  return parseDuration(textOf(record, ...path)) ?? 0;
}
