/**
 * What a host is worth as a generator: measured facts in, checks and a verdict out. Pure; the limits are data. The limits of
 * time are those that a run is judged by (HEALTH_LIMITS).
 */
import type { NetBackend } from '../lib/net-backend.js';
import { HEALTH_LIMITS } from '../metrics/health-limits.js';

export const DOCTOR_LIMITS = {
  /** Below `unfit` not even a small run has room; below `warning` a load test soon ends at it. */
  openFiles: { unfit: 256, warning: 4096 },
  /** Own jitter, p99: a quarter of what a jitter gate usually allows. */
  floorJitterP99Ms: 5,
  /** Injected jitter must read back within this share of itself, and the floor. */
  jitterRatio: 0.02,
  /** Injected delay must read back within this, and the floor. */
  delayMs: 2,
  /** Calls that one media worker should carry at least. */
  capacityCalls: 100,
} as const;

/** Two sockets a call. */
const FILES_PER_CALL = 2;
const SLOW_CLOCKS: ReadonlySet<string> = new Set(['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies']);

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface HostProfile {
  readonly node: string;
  readonly platform: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Null here and below: the system does not tell. */
  readonly openFilesLimit: number | null;
  readonly rtpPorts: { readonly first: number; readonly last: number };
  readonly ephemeralPorts: { readonly first: number; readonly last: number } | null;
  readonly clockSource: string | null;
  readonly receiveBufferMaxBytes: number | null;
}

/** A moderate load on our own answerer. */
export interface SteadyFigures {
  readonly calls: number;
  readonly netBackend: NetBackend | 'none';
  readonly socketBufferBytes: { readonly requested: number; readonly granted: number | null };
  readonly sentPackets: number;
  readonly missedPackets: number;
  readonly receiveDrops: number | null;
  readonly clockSteps: number;
  readonly floorJitterMs: Spread | null;
  readonly sendLatenessMs: Spread | null;
  readonly eventLoopDelayMs: Spread | null;
}

/** What a bad link of known ways did, and what was measured of it. */
export interface ReadBack {
  readonly impair: string;
  readonly quantity: 'loss' | 'jitter' | 'delay';
  readonly unit: 'packets' | 'ms';
  readonly injected: number | null;
  readonly measured: number | null;
  /** They may be so far apart; below and above. */
  readonly tolerance: { readonly below: number; readonly above: number };
  /** All packets, where packets are counted. */
  readonly of: number | null;
}

/** One second of a ramp on one media worker. */
export interface RampSecond {
  readonly calls: number;
  readonly latenessP99Ms: number;
  readonly missedRatio: number;
}

export interface Capacity {
  /** Calls that the worker carried in time. */
  readonly calls: number;
  /** The ramp ended before the worker did: it may carry more. */
  readonly isAtLeast: boolean;
  /** Packets sent and received for each second of CPU; null: unknown. */
  readonly packetsPerCpuSecond: number | null;
}

export interface DoctorFacts {
  readonly host: HostProfile;
  readonly steady: SteadyFigures;
  readonly readBacks: readonly ReadBack[];
  readonly capacity: Capacity | null;
}

export type CheckState = 'ok' | 'warning' | 'unfit' | 'not-measured';

export interface DoctorCheck {
  /** Stable. */
  readonly id: string;
  readonly state: CheckState;
  readonly text: string;
  /** How to mend it. */
  readonly hint: string | null;
}

export interface DoctorJudgement {
  readonly verdict: 'fit' | 'unfit';
  readonly checks: readonly DoctorCheck[];
}

/** Unfit when a single check says so; warnings and what could not be measured leave a host fit. */
export function judgeHost(facts: DoctorFacts): DoctorJudgement {
  const checks = [
    openFilesCheck(facts.host),
    portsCheck(facts.host),
    clockCheck(facts),
    backendCheck(facts.steady),
    bufferCheck(facts),
    floorCheck(facts.steady),
    latenessCheck(facts.steady),
    loopCheck(facts.steady),
    dropsCheck(facts.steady),
    capacityCheck(facts),
    ...facts.readBacks.map(readBackCheck),
  ];
  return { verdict: checks.some(({ state }) => state === 'unfit') ? 'unfit' : 'fit', checks };
}

/**
 * The most calls that were carried in time, before two seconds in a row were not: a single late second is the host's, not
 * the load's. Null when no second was in time.
 */
export function carriedCalls(seconds: readonly RampSecond[]): { calls: number; isAtLeast: boolean } | null {
  let calls = 0;
  let lateInRow = 0;
  for (const second of seconds) {
    lateInRow = isLate(second) ? lateInRow + 1 : 0;
    if (lateInRow === 2) {
      break;
    }
    calls = lateInRow === 0 ? Math.max(calls, second.calls) : calls;
  }
  return calls === 0 ? null : { calls, isAtLeast: lateInRow === 0 };
}

export function isLate({ latenessP99Ms, missedRatio }: RampSecond): boolean {
  return latenessP99Ms > HEALTH_LIMITS.sendLatenessP99Ms || missedRatio > HEALTH_LIMITS.missedPacketRatio;
}

function openFilesCheck({ openFilesLimit: limit }: HostProfile): DoctorCheck {
  if (limit === null) {
    return check('openFiles', 'not-measured', 'limit of open files: unknown on this system');
  }
  const room = `limit of open files ${limit}: room for about ${Math.floor(limit / FILES_PER_CALL / 1.25)} calls at once`;
  const { unfit, warning } = DOCTOR_LIMITS.openFiles;
  const state = limit < unfit ? 'unfit' : limit < warning ? 'warning' : 'ok';
  return check('openFiles', state, room, 'raise it: ulimit -n 65536 (for good: nofile in /etc/security/limits.conf)');
}

function portsCheck({ rtpPorts, ephemeralPorts }: HostProfile): DoctorCheck {
  const own = `RTP ports ${rtpPorts.first}-${rtpPorts.last}`;
  if (ephemeralPorts === null) {
    return check('ports', 'not-measured', `${own}; the system's own range is unknown`);
  }
  const overlap = ephemeralPorts.first <= rtpPorts.last && rtpPorts.first <= ephemeralPorts.last;
  const text = `${own}, ephemeral ports ${ephemeralPorts.first}-${ephemeralPorts.last}${overlap ? ': they overlap' : ''}`;
  const hint = 'other programs may hold RTP ports: choose network.rtpPorts, or sysctl net.ipv4.ip_local_port_range';
  return check('ports', overlap ? 'warning' : 'ok', text, hint);
}

function clockCheck({ host, steady }: DoctorFacts): DoctorCheck {
  const source = host.clockSource ?? 'unknown';
  if (steady.clockSteps > 0) {
    const hint = 'let the clock be slewed and not stepped (chrony: makestep only at the start)';
    return check('clock', 'unfit', `clock source ${source}; the wall clock was set ${steady.clockSteps} times`, hint);
  }
  const slow = SLOW_CLOCKS.has(source);
  const hint = 'reading it is slow: boot with clocksource=tsc where the processor allows it';
  return check('clock', slow ? 'warning' : 'ok', `clock source ${source}; the wall clock did not step`, hint);
}

function backendCheck({ netBackend }: SteadyFigures): DoctorCheck {
  if (netBackend === 'io_uring') {
    return check(
      'netBackend',
      'ok',
      'sockets: io_uring, many packets a system call, with the arrival times of the kernel',
    );
  }
  return netBackend === 'libc'
    ? check(
        'netBackend',
        'ok',
        'sockets: libc, with the arrival times of the kernel; where io_uring is allowed a worker carries more calls',
      )
    : check(
        'netBackend',
        'warning',
        `sockets: ${netBackend}; arrival times are callback times, and a worker carries fewer calls`,
        'install the optional dependency koffi on 64-bit Linux, and unset CALLGAUGE_NET_BACKEND',
      );
}

function bufferCheck({ host, steady }: DoctorFacts): DoctorCheck {
  const { requested, granted } = steady.socketBufferBytes;
  if (granted === null) {
    return check('socketBuffer', 'not-measured', 'socket buffer: unknown');
  }
  const limit = host.receiveBufferMaxBytes === null ? '' : ` (net.core.rmem_max ${kib(host.receiveBufferMaxBytes)})`;
  const text = `SIP socket buffer: ${kib(granted)} granted of ${kib(requested)} asked for${limit}`;
  const hint = `bursts may be lost: sysctl -w net.core.rmem_max=${requested}`;
  return check('socketBuffer', granted < requested ? 'warning' : 'ok', text, hint);
}

function floorCheck({ floorJitterMs }: SteadyFigures): DoctorCheck {
  return spreadCheck({
    id: 'floorJitter',
    name: 'own jitter (the floor of every jitter figure)',
    spread: floorJitterMs,
    limitMs: DOCTOR_LIMITS.floorJitterP99Ms,
    hint: BUSY_HINT,
  });
}

const BUSY_HINT =
  'stop what else runs here, give it a core more, or run on hardware of its own: shared virtual cores are late';

function latenessCheck(steady: SteadyFigures): DoctorCheck {
  const due = steady.sentPackets + steady.missedPackets;
  if (due > 0 && steady.missedPackets / due > HEALTH_LIMITS.missedPacketRatio) {
    const text = `${steady.missedPackets} of ${due} audio packets were more than a packet time late and not sent`;
    return check('sendLateness', 'unfit', text, BUSY_HINT);
  }
  return spreadCheck({
    id: 'sendLateness',
    name: 'audio left late',
    spread: steady.sendLatenessMs,
    limitMs: HEALTH_LIMITS.sendLatenessP99Ms,
    hint: BUSY_HINT,
  });
}

function loopCheck({ eventLoopDelayMs }: SteadyFigures): DoctorCheck {
  return spreadCheck({
    id: 'eventLoopDelay',
    name: 'signalling event-loop delay',
    spread: eventLoopDelayMs,
    limitMs: HEALTH_LIMITS.eventLoopDelayP99Ms,
    hint: BUSY_HINT,
  });
}

function spreadCheck(parts: {
  readonly id: string;
  readonly name: string;
  readonly spread: Spread | null;
  readonly limitMs: number;
  readonly hint: string;
}): DoctorCheck {
  const { id, name, spread, limitMs, hint } = parts;
  if (spread === null) {
    return check(id, 'not-measured', `${name}: not measured`);
  }
  const figures = `p50 ${ms(spread.p50)}, p99 ${ms(spread.p99)}, max ${ms(spread.max)}`;
  const state = spread.p99 > limitMs ? 'unfit' : 'ok';
  return check(id, state, `${name}: ${figures} (limit p99 ${ms(limitMs)})`, hint);
}

function dropsCheck({ receiveDrops }: SteadyFigures): DoctorCheck {
  if (receiveDrops === null) {
    return check('receiveDrops', 'not-measured', 'datagrams dropped at our sockets: unknown with this back end');
  }
  const text = `datagrams dropped at our sockets: ${receiveDrops}`;
  return check(
    'receiveDrops',
    receiveDrops > 0 ? 'unfit' : 'ok',
    text,
    'raise net.core.rmem_default, or stop what else runs here',
  );
}

function capacityCheck({ capacity, steady }: DoctorFacts): DoctorCheck {
  if (capacity === null) {
    const ramp = 'the audio of the ramp left late from its first seconds on';
    const isSteady = latenessCheck(steady).state === 'ok';
    return isSteady
      ? check('capacity', 'warning', `${ramp}, that of ${steady.calls} steady calls in time`, BUSY_HINT)
      : check('capacity', 'unfit', ramp, BUSY_HINT);
  }
  const rate =
    capacity.packetsPerCpuSecond === null
      ? ''
      : `; ${Math.round(capacity.packetsPerCpuSecond)} packets for each second of CPU, both ways, signalling included`;
  const amount = capacity.isAtLeast ? `at least ${capacity.calls}` : `about ${capacity.calls}`;
  const text = `one media worker carries ${amount} calls in time, our answerer on the same host${rate}`;
  const enough = capacity.calls >= DOCTOR_LIMITS.capacityCalls || capacity.isAtLeast;
  return check('capacity', enough ? 'ok' : 'warning', text, BUSY_HINT);
}

function readBackCheck(readBack: ReadBack): DoctorCheck {
  const { impair, quantity, injected, measured, unit, tolerance, of } = readBack;
  const id = `readBack:${impair}`;
  if (injected === null || measured === null) {
    return check(id, 'not-measured', `injected ${impair}: ${quantity} not measured`);
  }
  const figure = (value: number): string => (unit === 'ms' ? ms(value) : String(value));
  const total = of === null ? '' : ` of ${of}`;
  const text = `injected ${impair}: ${quantity} ${figure(injected)}, measured ${figure(measured)}${total}${unit === 'ms' ? '' : ` ${unit}`}`;
  const agrees = measured >= injected - tolerance.below && measured <= injected + tolerance.above;
  return check(id, agrees ? 'ok' : 'unfit', text, `what is measured here cannot be trusted: ${BUSY_HINT}`);
}

function check(id: string, state: CheckState, text: string, hint: string | null = null): DoctorCheck {
  return { id, state, text, hint: state === 'ok' || state === 'not-measured' ? null : hint };
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}
