/** A result from what a run had written before it was killed: the part that is in no row of a call. */
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/report/html/document.js';
import { renderSummary } from '../../../src/report/text.js';
import { Rebuild, type Liveness } from '../../../src/run/rebuild.js';
import type { Result } from '../../../src/run/result.js';
import { parseRunRecord } from '../../../src/run/run-record.js';
import type { StateProgress } from '../../../src/run/progress-lines.js';
import { NO_GROUP } from '../../../src/worker/messages.js';
import { typicalPass } from '../report/result-fixture.js';
import { failedRecord, notStartedRecord, recordOf } from './batches.js';

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

it('has figures by the labels of users', () => {
  const gates = ['success_ratio{site=a} >= 50%', 'success_ratio{site=b} >= 50%', 'success_ratio{endpoint=pbx} >= 50%'];
  const record = {
    ...RECORD,
    endpoints: ['a', 'b'].map((site) => ({
      name: `pbx (site=${site})`,
      target: 'sip:pbx.test',
      labels: { site },
      partOf: 'pbx',
    })),
    gates: { ...RECORD.gates, inputs: gates, context: { ...RECORD.gates.context, labels: { site: ['a', 'b'] } } },
  };
  const rebuild = new Rebuild(parseRunRecord(JSON.stringify(record)));
  for (const call of [
    recordOf({ call: 0, endpoint: 1 }),
    recordOf({ call: 1, endpoint: 0 }),
    failedRecord({ call: 2, endpoint: 0 }),
    notStartedRecord({ call: 3, endpoint: NO_GROUP }),
  ]) {
    rebuild.addCall({ record: call, received: null, sent: null });
  }
  const { calls, endpoints, gates: results } = rebuild.finish({ liveness: 'dead', writtenAt: null, notes: [] });
  expect(endpoints.map(({ labels, partOf, calls: own }) => [labels, partOf, own.attempted, own.notStarted])).toEqual([
    [{ site: 'a' }, 'pbx', 2, 0],
    [{ site: 'b' }, 'pbx', 1, 0],
  ]);
  expect(calls).toMatchObject({ requested: 4, attempted: 3, notStarted: 1 });
  expect(results.map(({ observed, samples }) => [observed, samples])).toEqual([
    [1 / 2, 2],
    [1, 1],
    [2 / 3, 3],
  ]);
});

function rebuilt(...states: readonly StateProgress[]) {
  const rebuild = new Rebuild(parseRunRecord(JSON.stringify(RECORD)));
  for (const line of states) rebuild.addProgress(line);
  return rebuild.finish({ liveness: 'dead', writtenAt: null, notes: [] });
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

const stateOf = (liveness: Liveness, calls = 1): Result => {
  const rebuild = new Rebuild(parseRunRecord(JSON.stringify(RECORD)));
  for (let call = 0; call < calls; call++) {
    rebuild.addCall({ record: recordOf({ call, endedMs: 12_400 }), received: null, sent: null });
  }
  return rebuild.finish({ liveness, writtenAt: '2026-11-20T23:05:09.123Z', notes: [] });
};
const textOf = (result: Result): string =>
  renderSummary(result, { color: false, reportPath: null }).replaceAll(/\s+/g, ' ');

describe('a run that has not said its last word', () => {
  it('is in progress while its process lives, with the time of its last data', () => {
    const result = stateOf('alive');
    expect(result).toMatchObject({ verdict: 'in-progress', exitCode: 4 });
    expect(textOf(result)).toMatch(/^… IN PROGRESS /);
    expect(textOf(result)).toContain(
      '- the run still goes on (process 1): data up to second 12, written at 23:05:09 UTC; no final verdict',
    );
    expect(renderReport(result)).toContain('<title>IN PROGRESS: ');
    expect(textOf(result)).not.toMatch(/INTERRUPTED|CRASHED|ended before/);
  });

  it('is said to be either where its process is on another host', () => {
    const result = stateOf('unknown');
    expect(result).toMatchObject({ verdict: 'unfinished', exitCode: 4 });
    expect(textOf(result)).toMatch(/^… IN PROGRESS OR CRASHED /);
    expect(textOf(result)).toContain('the run either still goes on or crashed: it is one of host h');
  });

  it('crashed where its process is gone', () => {
    expect(stateOf('dead')).toMatchObject({ verdict: 'crashed', exitCode: 1 });
    expect(textOf(stateOf('dead'))).toMatch(/^✕ CRASHED /);
  });

  it('has no time of data where there is none', () => {
    expect(stateOf('alive', 0).reasons[0]).toBe('the run still goes on (process 1): no data so far; no final verdict');
  });
});
