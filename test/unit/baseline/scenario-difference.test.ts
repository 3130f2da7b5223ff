import { describe, expect, it } from 'vitest';
import { scenarioDifferences, type Asked } from '../../../src/baseline/scenario-difference.js';

const METHOD: Asked['method'] = {
  scoreWindowSeconds: 5,
  jitterBufferMs: 60,
  model: 'G.107',
  codecs: [],
  echo: null,
  advantageFactor: 0,
  oneWayDelay: null,
  burstRatio: null,
  sentFrom: null,
  rtcpInterval: null,
};

function asked(change: Record<string, unknown> = {}, rest: Partial<Asked> = {}): Asked {
  const scenario = {
    version: 1,
    name: 'peak',
    endpoints: [
      { name: 'trunk', target: 'sip:a@192.0.2.1', labels: { site: 'x' }, auth: { user: '1', password: '[redacted]' } },
    ],
    codec: 'PCMU',
    media: true,
    call: { hold: '30s', expect: 'answered' },
    load: { stages: [{ rate: '10/s', hold: '1m' }] },
    gates: [{ expr: 'mos.p5 >= 3.6' }],
    ...change,
  };
  return { scenario, method: METHOD, seed: 1, ...rest };
}

const pathsOf = (before: Asked, after: Asked, unlike: boolean): string[] =>
  scenarioDifferences(before, after)
    .filter((difference) => difference.unlike === unlike)
    .map(({ path }) => path);

describe('scenarioDifferences', () => {
  it('finds none in equal runs', () => {
    expect(scenarioDifferences(asked(), asked())).toEqual([]);
  });

  it('names what was asked differently, with both values', () => {
    expect(scenarioDifferences(asked(), asked({ codec: ['G722', 'PCMU'] }))).toEqual([
      { path: 'codec', baseline: 'PCMU', result: 'G722, PCMU', unlike: true },
    ]);
    expect(pathsOf(asked(), asked({ call: { hold: '3s', expect: 486 } }), true)).toEqual(['call.hold', 'call.expect']);
    expect(pathsOf(asked(), asked({ load: { stages: [{ rate: '20/s', hold: '1m' }] } }), true)).toEqual([
      'load.stages.0.rate',
    ]);
    expect(scenarioDifferences(asked(), asked({ loopback: { impair: 'loss=2%' } }))).toEqual([
      { path: 'loopback.impair', baseline: null, result: 'loss=2%', unlike: true },
    ]);
    expect(pathsOf(asked(), asked({}, { method: { ...METHOD, jitterBufferMs: 40 } }), true)).toEqual([
      'method.jitterBufferMs',
    ]);
  });

  it('lets the far side and the seed differ, and shows them', () => {
    const other = [
      { name: 'trunk', target: 'sip:a@192.0.2.9', labels: { site: 'y' }, auth: { user: '2', password: '[redacted]' } },
    ];
    expect(pathsOf(asked(), asked({ endpoints: other }, { seed: 9 }), true)).toEqual([]);
    expect(pathsOf(asked(), asked({ endpoints: other }, { seed: 9 }), false)).toEqual([
      'endpoints.trunk.target',
      'endpoints.trunk.labels.site',
      'seed',
    ]);
  });

  it('takes endpoints by their names', () => {
    const trunk = {
      name: 'trunk',
      target: 'sip:a@192.0.2.1',
      labels: { site: 'x' },
      auth: { user: '1', password: '[redacted]' },
    };
    const pbx = { name: 'pbx', target: 'sip:b@192.0.2.2' };
    expect(pathsOf(asked(), asked({ endpoints: [pbx, trunk] }), true)).toEqual(['endpoints.pbx.name']);
  });

  it('leaves out what changes no figure', () => {
    expect(scenarioDifferences(asked(), asked({ gates: null, safety: { maxRate: '5/s' } }))).toEqual([]);
  });
});
