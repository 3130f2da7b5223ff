import { describe, expect, test } from 'vitest';
import {
  carriedCalls,
  judgeHost,
  type DoctorCheck,
  type DoctorFacts,
  type RampSecond,
  type ReadBack,
} from '../../../src/run/doctor.js';

const SPREAD = { p50: 0.1, p99: 1, max: 2 };

/** A host without fault. */
const FIT: DoctorFacts = {
  host: {
    node: 'v20.19.0',
    platform: 'linux x64',
    cpuModel: 'Test CPU',
    cores: 4,
    memoryBytes: 8 * 2 ** 30,
    openFilesLimit: 65_536,
    rtpPorts: { first: 16_384, last: 24_575 },
    ephemeralPorts: { first: 32_768, last: 60_999 },
    clockSource: 'tsc',
    receiveBufferMaxBytes: 4_194_304,
  },
  steady: {
    calls: 48,
    netBackend: 'io_uring',
    socketBufferBytes: { requested: 4_194_304, granted: 4_194_304 },
    sentPackets: 10_000,
    missedPackets: 10,
    receiveDrops: 0,
    clockSteps: 0,
    floorJitterMs: SPREAD,
    sendLatenessMs: SPREAD,
    eventLoopDelayMs: SPREAD,
  },
  readBacks: [],
  capacity: { calls: 1000, isAtLeast: true, packetsPerCpuSecond: 150_000.4 },
};

const withP99 = (p99: number) => ({ ...SPREAD, p99 });

const LOSS: ReadBack = {
  impair: 'loss=5%',
  quantity: 'loss',
  unit: 'packets',
  injected: 100,
  measured: 100,
  tolerance: { below: 2, above: 0 },
  of: 2000,
};

const host = (part: Partial<DoctorFacts['host']>): DoctorFacts => ({ ...FIT, host: { ...FIT.host, ...part } });
const steady = (part: Partial<DoctorFacts['steady']>): DoctorFacts => ({ ...FIT, steady: { ...FIT.steady, ...part } });
const readBack = (part: Partial<ReadBack>): DoctorFacts => ({ ...FIT, readBacks: [{ ...LOSS, ...part }] });

function checkOf(facts: DoctorFacts, id: string): DoctorCheck | undefined {
  return judgeHost(facts).checks.find((check) => check.id === id);
}

test('a host without fault is fit, and needs no hint', () => {
  const { verdict, checks } = judgeHost({ ...FIT, readBacks: [LOSS] });
  expect(verdict).toBe('fit');
  expect(checks.map(({ state }) => state)).toEqual(checks.map(() => 'ok'));
  expect(checks.map(({ hint }) => hint)).toEqual(checks.map(() => null));
  expect(checks.map(({ text }) => text)).toEqual([
    'limit of open files 65536: room for about 26214 calls at once',
    'RTP ports 16384-24575, ephemeral ports 32768-60999',
    'clock source tsc; the wall clock did not step',
    'sockets: io_uring, many packets a system call, with the arrival times of the kernel',
    'SIP socket buffer: 4096 KiB granted of 4096 KiB asked for (net.core.rmem_max 4096 KiB)',
    'own jitter (the floor of every jitter figure): p50 0.10 ms, p99 1.00 ms, max 2.00 ms (limit p99 5.00 ms)',
    'audio left late: p50 0.10 ms, p99 1.00 ms, max 2.00 ms (limit p99 5.00 ms)',
    'signalling event-loop delay: p50 0.10 ms, p99 1.00 ms, max 2.00 ms (limit p99 20.00 ms)',
    'datagrams dropped at our sockets: 0',
    'one media worker carries at least 1000 calls in time, our answerer on the same host; 150000 packets for each second of CPU, both ways, signalling included',
    'injected loss=5%: loss 100, measured 100 of 2000 packets',
  ]);
});

describe('each check at its limit and just beyond', () => {
  test.each<[string, DoctorFacts, DoctorFacts, DoctorCheck['state']]>([
    ['openFiles', host({ openFilesLimit: 4096 }), host({ openFilesLimit: 4095 }), 'warning'],
    ['openFiles', host({ openFilesLimit: null }), host({ openFilesLimit: 255 }), 'unfit'],
    [
      'ports',
      host({ ephemeralPorts: { first: 24_576, last: 60_999 } }),
      host({ ephemeralPorts: { first: 24_575, last: 60_999 } }),
      'warning',
    ],
    ['clock', host({ clockSource: 'kvm-clock' }), host({ clockSource: 'hpet' }), 'warning'],
    ['clock', steady({}), steady({ clockSteps: 1 }), 'unfit'],
    ['netBackend', steady({}), steady({ netBackend: 'dgram' }), 'warning'],
    [
      'socketBuffer',
      steady({ socketBufferBytes: { requested: 100, granted: 100 } }),
      steady({ socketBufferBytes: { requested: 100, granted: 99 } }),
      'warning',
    ],
    ['floorJitter', steady({ floorJitterMs: withP99(5) }), steady({ floorJitterMs: withP99(5.01) }), 'unfit'],
    ['sendLateness', steady({ sendLatenessMs: withP99(5) }), steady({ sendLatenessMs: withP99(5.01) }), 'unfit'],
    [
      'sendLateness',
      steady({ sentPackets: 999, missedPackets: 1 }),
      steady({ sentPackets: 998, missedPackets: 1 }),
      'unfit',
    ],
    ['eventLoopDelay', steady({ eventLoopDelayMs: withP99(20) }), steady({ eventLoopDelayMs: withP99(20.1) }), 'unfit'],
    ['receiveDrops', steady({ receiveDrops: null }), steady({ receiveDrops: 1 }), 'unfit'],
    [
      'capacity',
      { ...FIT, capacity: { calls: 100, isAtLeast: false, packetsPerCpuSecond: null } },
      { ...FIT, capacity: { calls: 99, isAtLeast: false, packetsPerCpuSecond: null } },
      'warning',
    ],
    ['capacity', FIT, { ...FIT, capacity: null }, 'warning'], // its steady calls were in time
    ['capacity', FIT, { ...steady({ sendLatenessMs: withP99(5.01) }), capacity: null }, 'unfit'],
    ['readBack:loss=5%', readBack({ measured: 98 }), readBack({ measured: 97 }), 'unfit'],
    ['readBack:loss=5%', readBack({ measured: 100 }), readBack({ measured: 101 }), 'unfit'],
  ])('%s', (id, good, bad, state) => {
    expect(checkOf(good, id)?.state).not.toBe(state);
    expect(judgeHost(good).verdict).toBe('fit');
    const found = checkOf(bad, id);
    expect(found?.state).toBe(state);
    expect(found?.hint).not.toBeNull();
    expect(judgeHost(bad).verdict).toBe(state === 'unfit' ? 'unfit' : 'fit');
  });
});

describe('what is unknown', () => {
  test.each([
    ['openFiles', host({ openFilesLimit: null })],
    ['ports', host({ ephemeralPorts: null })],
    ['socketBuffer', steady({ socketBufferBytes: { requested: 1, granted: null } })],
    ['floorJitter', steady({ floorJitterMs: null })],
    ['receiveDrops', steady({ receiveDrops: null })],
    ['readBack:loss=5%', readBack({ measured: null })],
    ['readBack:loss=5%', readBack({ injected: null })],
  ])('%s is not measured, and neither fit nor unfit for it', (id, facts) => {
    expect(checkOf(facts, id)).toMatchObject({ state: 'not-measured', hint: null });
    expect(judgeHost(facts).verdict).toBe('fit');
  });
});

const inTime = (calls: number): RampSecond => ({ calls, latenessP99Ms: 5, missedRatio: 0.001 });
const late = (calls: number): RampSecond => ({ calls, latenessP99Ms: 5.1, missedRatio: 0 });
const missing = (calls: number): RampSecond => ({ calls, latenessP99Ms: 1, missedRatio: 0.002 });

describe('calls that a worker carries', () => {
  test('to the end of the ramp: at least so many', () => {
    expect(carriedCalls([inTime(300), inTime(400), inTime(400)])).toEqual({ calls: 400, isAtLeast: true });
  });

  test('until two seconds in a row are late, whatever comes after', () => {
    expect(carriedCalls([inTime(300), late(400), missing(500), inTime(600)])).toEqual({ calls: 300, isAtLeast: false });
  });

  test('a single late second is the host and not the load', () => {
    expect(carriedCalls([inTime(300), late(400), inTime(500)])).toEqual({ calls: 500, isAtLeast: true });
  });

  test('a late last second leaves the end open to doubt', () => {
    expect(carriedCalls([inTime(300), late(400)])).toEqual({ calls: 300, isAtLeast: false });
  });

  test('none', () => {
    expect(carriedCalls([late(300), late(400)])).toBeNull();
    expect(carriedCalls([])).toBeNull();
  });
});
