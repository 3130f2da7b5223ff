import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/lib/errors.js';
import { applyOverrides, type RunFlags } from '../../../src/scenario/overrides.js';
import { checkPorts, expectedPeak } from '../../../src/scenario/peak.js';
import { checkSafety } from '../../../src/scenario/safety.js';
import { placeOf, type Scenario } from '../../../src/scenario/scenario.js';
import { buildSchedule } from '../../../src/schedule/schedule.js';
import { good, HEAD } from './documents.js';

const STAGED = `${HEAD}load: { stages: [{ rate: 10/s, ramp: 10s }, { rate: 10/s, hold: 10s }] }\n`;

function run(base: Scenario | null, flags: RunFlags): Scenario {
  const { scenario, problems } = applyOverrides(base, flags);
  if (scenario === null) throw new Error(problems.map(formatProblem).join('\n'));
  return scenario;
}

describe('an ad-hoc run', () => {
  it('needs a target', () => {
    const { scenario, problems } = applyOverrides(null, {});
    expect(scenario).toBeNull();
    expect(problems.map(formatProblem)).toEqual([
      '--target: missing; expected a target (give a scenario file, or --target sip:user@host, or --target loopback)',
    ]);
  });

  it('is 10 calls at 10/s for 10 s each', () => {
    const scenario = run(null, { target: 'loopback' });
    expect(scenario.name).toBe('adhoc');
    expect(scenario.call.holdMs).toBe(10_000);
    expect(scenario.load).toEqual({
      calls: 10,
      concurrency: null,
      stages: [{ kind: 'hold', rate: 10, durationMs: null }],
      warmupMs: 0,
    });
  });

  it('places as many calls as a duration gives', () => {
    const { load } = run(null, { target: 'loopback', duration: '2m', rate: '5/s' });
    expect(load.calls).toBeNull();
    expect(load.stages).toEqual([{ kind: 'hold', rate: 5, durationMs: 120_000 }]);
  });
});

describe('flags over a scenario', () => {
  it.each<[string, RunFlags, Partial<Scenario['load']>]>([
    [
      '--rate keeps the length',
      { rate: '20/s' },
      { stages: [{ kind: 'hold', rate: 20, durationMs: 20_000 }], calls: null },
    ],
    [
      '--rate and --calls',
      { rate: '20/s', calls: '5' },
      { stages: [{ kind: 'hold', rate: 20, durationMs: null }], calls: 5 },
    ],
    ['--duration cuts a ramp', { duration: '5s' }, { stages: [{ kind: 'ramp', rate: 5, durationMs: 5000 }] }],
    [
      '--duration draws out the last stage',
      { duration: '60s' },
      {
        stages: [
          { kind: 'ramp', rate: 10, durationMs: 10_000 },
          { kind: 'hold', rate: 10, durationMs: 50_000 },
        ],
      },
    ],
    ['--concurrency', { concurrency: '7' }, { concurrency: 7 }],
  ])('%s', (_name, flags, expected) => {
    expect(run(good(STAGED), flags).load).toMatchObject(expected);
  });

  it('replace values, endpoints and gates, and say so as the place', () => {
    const scenario = run(good(`${STAGED}gates: [one_way == 0]\n`), {
      target: 'sip:7@[::1]:5070',
      hold: '3s',
      noMedia: true,
      audio: 'a.wav',
      gate: ['mos.p5 >= 4', 'one_way == 0'],
      workers: 'media=3',
      seed: '0',
      localAddress: '127.0.0.1',
      advertise: '203.0.113.5',
      wait: '1m',
      allowPublic: ['pbx.example.com'],
      codec: 'G722, PCMA',
    });
    expect(scenario.endpoints).toEqual([
      {
        name: 'target',
        target: {
          kind: 'sip',
          uri: 'sip:7@[::1]:5070',
          user: '7',
          host: '::1',
          port: 5070,
          transport: 'udp',
          transportByDns: false,
          isSecure: false,
        },
        labels: {},
        auth: null,
      },
    ]);
    expect(scenario).toMatchObject({
      codecs: ['G722', 'PCMA'],
      call: { holdMs: 3000, ringTimeoutMs: 32_000 },
      media: false,
      audioPath: 'a.wav',
      gates: [
        { expr: 'mos.p5 >= 4', where: '--gate' },
        { expr: 'one_way == 0', where: '--gate' },
      ],
      workers: { signalling: 1, media: 3 },
      seed: 0,
      network: { localAddress: '127.0.0.1', advertise: '203.0.113.5', waitMs: 60_000 },
      safety: { allowPublic: ['pbx.example.com'] },
    });
    expect(placeOf(scenario, 'endpoints[0].target')).toBe('--target');
    expect(placeOf(scenario, 'load.stages[0].rate')).toBe('scenarios/peak.yaml:4:20 load.stages[0].rate');
  });

  it('a flag that takes the place of a secret is shown', () => {
    const base = good('version: 1\nname: x\ntarget: sip:${env:U}@10.0.0.1\n', { U: 'hunter2' });
    const scenario = run(base, { target: 'sip:7@192.0.2.1' });
    expect(checkSafety(scenario, () => [], 1).map(formatProblem)).toEqual([
      expect.stringMatching(/^--target: expected permission to call a public address, got sip:7@192.0.2.1/),
    ]);
    expect(checkSafety(run(base, { target: 'sip:7@192.0.2.1', allowPublic: ['192.0.2.1'] }), () => [], 1)).toEqual([]);
  });

  it('--rate above the cap names the flag', () => {
    const problems = checkSafety(run(good(HEAD), { rate: '501/s' }), () => [], 1).map(formatProblem);
    expect(problems).toEqual([
      '--rate: expected at most 500/s, the cap safety.maxRate, got 501/s (raise it in the scenario: safety.maxRate)',
    ]);
  });
});

it('all bad flags are named at once', () => {
  const flags: RunFlags = {
    target: 'sip:x@y;transport=sctp',
    hold: 'x',
    codec: 'G722,G722',
    gate: [''],
    calls: '1e3',
    concurrency: '0',
    rate: 'abc',
    duration: '0s',
    seed: '-1',
    workers: 'media=0,foo=1',
    localAddress: 'lo',
  };
  expect(applyOverrides(null, flags).problems.map(formatProblem)).toEqual([
    '--target: expected transport=udp, tcp, tls, ws, wss, got "sip:x@y;transport=sctp"',
    '--hold: expected a duration like 10s, got "x"',
    '--codec: expected PCMU, PCMA, G722 or OPUS, or a list of them in order of preference, got "G722,G722"',
    '--gate: expected a gate of 1 to 300 characters on one line, got ""',
    '--calls: expected a whole number from 1 to 1000000000, got "1e3"',
    '--concurrency: expected a whole number from 1 to 1000000, got "0"',
    '--rate: expected a rate like 20/s, above 0, got "abc"',
    '--duration: expected a duration like 10s, above 0, got "0s"',
    '--seed: expected a whole number from 0 to 4294967295, got "-1"',
    '--workers: expected a whole number from 1 to 64, got "0"',
    '--workers: expected workers like signalling=1,media=3, got "media=0,foo=1"',
    '--local-address: expected an IPv4 or IPv6 address, got "lo"',
  ]);
});

it('warns of calls that are never reached and of what is not used', () => {
  const { warnings } = applyOverrides(good(STAGED), { calls: '500', noMedia: true, audio: 'a.wav' });
  expect(warnings).toEqual([
    'load.calls: 500 is never reached: the stages end after 150 calls (give a longer --duration or a higher rate)',
    'audio: not used, since media is off',
  ]);
});

const peakOf = (scenario: Scenario) => expectedPeak(scenario, buildSchedule(scenario.load));
const filesOf = (scenario: Scenario) => peakOf(scenario).files;

describe('expectedPeak', () => {
  const steady: RunFlags = { target: 'loopback', rate: '20/s', hold: '10s', duration: '60s' };

  it('with packets of another length has fewer of them, and less in their headers', () => {
    const scenario = run(null, { target: 'loopback', rate: '10/s', hold: '10s', duration: '2m', ptime: '40ms' });
    // 100 calls both ways at 25 packets a second, of 40 bytes of headers and 320 of PCMU.
    expect(expectedPeak(scenario, buildSchedule(scenario.load))).toMatchObject({
      calls: 100,
      packetsPerSecond: 5000,
      mbitPerSecond: 14.4,
    });
    expect(applyOverrides(null, { target: 'loopback', ptime: '5ms' }).problems.map(formatProblem)).toEqual([
      '--ptime: expected a packet time from 10ms to 60ms, in whole ms, got "5ms"',
    ]);
  });

  it('is rate × hold, 50 packets/s each way, 200 bytes a packet', () => {
    expect(peakOf(run(null, steady))).toEqual({
      calls: 200,
      packetsPerSecond: 20_000,
      mbitPerSecond: 32,
      // A slot serves again 4 s after its BYE: 20/s for 14 s, not for 10.
      ports: 560,
      files: 624,
    });
  });

  it('stops at the cap and at the total', () => {
    expect(peakOf(run(null, { ...steady, concurrency: '50' }))).toMatchObject({ calls: 50, ports: 140 });
    expect(peakOf(run(null, { ...steady, calls: '30' }))).toMatchObject({ calls: 30, ports: 60 });
  });

  it('has no packets without media', () => {
    expect(peakOf(run(null, { ...steady, noMedia: true }))).toMatchObject({
      calls: 200,
      packetsPerSecond: 0,
      ports: 2,
    });
  });

  it('has a file for each connection', () => {
    const users = good(
      'version: 1\nname: u\ntarget: sip:pbx.test\ncall: { to: users }\nusers: [{ range: 1001-1100 }]\n',
    );
    const own: Scenario = { ...users, network: { ...users.network, connections: 'user' } };
    expect(filesOf(own) - filesOf(users)).toBe(100);
    expect(filesOf(run(null, { ...steady, connections: 'call' })) - filesOf(run(null, steady))).toBe(200);
  });

  it('needs ports, in whole pairs', () => {
    const scenario = good(`${HEAD}network: { rtpPorts: 20001-20020 }\n`);
    expect(checkPorts(scenario, peakOf(scenario)).map(formatProblem)).toEqual([
      'scenarios/peak.yaml:4:12 network.rtpPorts: expected at least 20 ports for 10 calls, got 18 (widen network.rtpPorts or lower load.concurrency)',
    ]);
  });
});

it('a bad link for a loopback that is no target any more is warned of', () => {
  const scenario = good(`${HEAD}loopback: { impair: loss=2% }\n`);
  expect(applyOverrides(scenario, {}).warnings).toEqual([]);
  expect(applyOverrides(scenario, { target: 'sip:echo@192.168.0.9' }).warnings).toEqual([
    'loopback.impair: not used, since no target is loopback',
  ]);
});
