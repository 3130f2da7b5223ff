/** A result from what a run had written before it was killed: the part that is in no row of a call. */
import { expect, it } from 'vitest';
import { Rebuild } from '../../../src/run/rebuild.js';
import { parseRunRecord } from '../../../src/run/run-record.js';
import type { StateProgress } from '../../../src/run/progress-lines.js';
import { typicalPass } from '../report/result-fixture.js';

const { tool, name, startedAt, environment, method, seed } = typicalPass();
const RECORD = {
  schemaVersion: '1.0',
  tool,
  name,
  startedAt,
  process: { pid: 1, startTicks: null, hostName: 'h', bootId: null },
  endpoints: [{ name: 'pbx', target: 'sip:pbx.test', labels: {} }],
  media: true,
  warmupMs: 0,
  idleMs: 0,
  gates: {
    inputs: ['registration_delay.p95 <= 100ms', 'ira <= 10%'],
    context: { endpoints: ['pbx'], labels: {}, codecs: ['PCMU'] },
    profile: null,
    scope: { answered: true, scales: ['narrowband'] },
  },
  inconclusive: null,
  ignoreGates: false,
  warnings: [],
  schedule: { calls: 1, stages: [{ kind: 'hold', rate: 1, durationMs: null }] },
  callIds: null,
  netBackend: 'dgram',
  environment,
  method,
  scenario: {},
  seed,
};

const state = (registrations: StateProgress['registrations']): StateProgress => ({
  type: 'state',
  elapsedMs: 10_000,
  cpuSeconds: 1,
  interrupted: null,
  lostWorkers: [],
  doubts: [],
  warnings: [],
  ...(registrations !== undefined && { registrations }),
});

function rebuilt(...states: readonly StateProgress[]) {
  const rebuild = new Rebuild(parseRunRecord(JSON.stringify(RECORD)));
  for (const line of states) rebuild.addProgress(line);
  return rebuild.finish('dead', []);
}

const REGISTRATIONS = {
  registeredAtBegin: 19,
  users: 20,
  bound: 20,
  refused: 1,
  attempts: 25,
  ineffective: 5,
  bindingsLost: 4,
  failures: [{ sipStatus: 403, cause: 'forbidden', count: 5 }],
  matches: { header: 0, callerName: 7, number: 1, unmatched: 2 },
  delayMs: [40, 19, 80, 1],
};

it('has the registrations as they were written last, and the gates on them', () => {
  const { signalling, gates } = rebuilt(
    state({ ...REGISTRATIONS, attempts: 3, delayMs: [999, 1] }),
    state(REGISTRATIONS),
  );
  expect(signalling.registrations).toEqual({
    users: 20,
    registeredAtBegin: 19,
    refused: 1,
    attempts: 25,
    ineffective: 5,
    bindingsLost: 4,
    failures: REGISTRATIONS.failures,
    leftRegistered: null,
    secondLegs: { byHeader: 0, byCallerName: 7, byCalledUser: 1 },
    audioMarkers: null,
    strangeCalls: 2,
  });
  expect(signalling.ira).toBe(0.2);
  expect(signalling.registrationDelayMs).toMatchObject({ count: 20, min: 40, max: 80, p50: 40 });
  expect(gates.map(({ observed }) => observed)).toEqual([40, 0.2]);
});

it('does not know how many bindings were lost where an earlier version has not written it', () => {
  const { bindingsLost: _, ...earlier } = REGISTRATIONS;
  expect(rebuilt(state(earlier)).signalling.registrations?.bindingsLost).toBeNull();
});

it.each([[undefined], [null]])('has none where there were no users, or nobody wrote of them (%j)', (registrations) => {
  const { signalling } = rebuilt(state(registrations));
  expect([signalling.registrations, signalling.ira, signalling.registrationDelayMs]).toEqual([null, null, null]);
});
