import { describe, expect, it } from 'vitest';
import { parseGates } from '../../../src/gates/check.js';
import type { Gate } from '../../../src/gates/grammar.js';
import { type Profile, withProfile } from '../../../src/gates/profiles.js';

const context = { endpoints: ['trunk-a'], labels: {}, codecs: ['PCMU', 'G722'], references: [] };
const BOTH = { answered: true, scales: ['narrowband', 'wideband'] } as const;
const NARROW = { answered: true, scales: ['narrowband'] } as const;

function own(...inputs: readonly unknown[]): readonly Gate[] {
  const { gates, problems } = parseGates(inputs, context);
  expect(problems).toEqual([]);
  return gates;
}

const gatesOf = (profile: Profile, scope: Parameters<typeof withProfile>[2] = NARROW, gates: readonly Gate[] = []) =>
  withProfile(gates, profile, scope, context);
const exprsOf = (gates: readonly Gate[]) => gates.map(({ expr }) => expr);

describe('a profile', () => {
  it('is the table of the documentation', () => {
    expect(exprsOf(gatesOf('ci'))).toEqual([
      'success_ratio >= 99.5%',
      'setup_delay.p95 <= 0.5s',
      'disconnect_delay.p95 <= 0.5s',
      'mos_lq.p5 >= 4.2',
      'mos_lq.below(3.6) <= 0.1%',
      'loss{per=call}.p95 <= 0.5%',
      'jitter.p95 <= 10ms',
      'rtt.p95 <= 50ms',
      'mos_lq{direction=sent}.p5 >= 4.2',
      'mos_lq{direction=sent}.below(3.6) <= 0.1%',
      'loss{direction=sent,per=call}.p95 <= 0.5%',
      'jitter{direction=sent}.p95 <= 10ms',
      'one_way == 0',
      'no_media == 0',
      'dropped == 0',
    ]);
    expect(exprsOf(gatesOf('trunk')).slice(0, 9)).toEqual([
      'success_ratio >= 98%',
      'setup_delay.p95 <= 4s',
      'setup_delay.p95 <= 2s',
      'disconnect_delay.p95 <= 2s',
      'mos_lq.p5 >= 3.8',
      'mos_lq.below(3.6) <= 1%',
      'loss{per=call}.p95 <= 1%',
      'jitter.p95 <= 30ms',
      'rtt.p95 <= 300ms',
    ]);
    expect(exprsOf(gatesOf('capacity', BOTH)).slice(0, 10)).toEqual([
      'success_ratio >= 99.5%',
      'setup_delay.p95 <= 1s',
      'disconnect_delay.p95 <= 1s',
      'mos_lq.p5 >= 4',
      'mos_lq.below(3.6) <= 0.5%',
      'mos_lq_wb.p5 >= 3.9',
      'mos_lq_wb.below(3.6) <= 0.5%',
      'loss{per=call}.p95 <= 1%',
      'jitter.p95 <= 20ms',
      'idle.rtt.p95 <= 50ms',
    ]);
    expect(exprsOf(gatesOf('trunk')).at(-1)).toBe('dropped <= 0.5%');
    expect(exprsOf(gatesOf('capacity')).at(-1)).toBe('dropped <= 0.1%');
  });

  it('marks its gates, and which of them may be skipped, warn, or are beside the host’s own jitter', () => {
    const gates = gatesOf('trunk', BOTH);
    expect(new Set(gates.map(({ profile }) => profile))).toEqual(new Set(['trunk']));
    const skipped = gates.filter(({ onNoData }) => onNoData === 'skip').map(({ expr }) => expr);
    expect(skipped).toEqual(['rtt.p95 <= 300ms', ...exprsOf(gates).filter((expr) => expr.includes('sent'))]);
    expect(gates.filter(({ severity }) => severity === 'warn').map(({ limit }) => limit)).toEqual([2000]);
    expect(gates.filter(({ addsFloor }) => addsFloor).map(({ metric }) => metric.id)).toEqual(['jitter', 'jitter']);
  });

  it('asks for nothing that such calls do not have', () => {
    const signalling = exprsOf(gatesOf('ci', { answered: true, scales: [] }));
    expect(signalling).toEqual([
      'success_ratio >= 99.5%',
      'setup_delay.p95 <= 0.5s',
      'disconnect_delay.p95 <= 0.5s',
      'dropped == 0',
    ]);
    const busy = exprsOf(gatesOf('ci', { answered: false, scales: [] }));
    expect(busy).toEqual(['success_ratio >= 99.5%', 'setup_delay.p95 <= 0.5s']);
  });

  it('gives way to own gates on the same metric, tags and stat, whatever they compare with; others stay', () => {
    const gates = gatesOf('trunk', NARROW, own('setup_delay.p95 <= 3s', 'mos.p5 >= 4', 'mos.p50 >= 4', 'dropped <= 1'));
    const exprs = exprsOf(gates);
    expect(exprs.filter((expr) => expr.startsWith('setup_delay'))).toEqual(['setup_delay.p95 <= 3s']);
    expect(exprs).not.toContain('mos_lq.p5 >= 3.8');
    expect(exprs).toContain('mos_lq{direction=sent}.p5 >= 3.8');
    expect(exprs).toContain('mos_lq.below(3.6) <= 1%');
    expect(exprs).not.toContain('dropped <= 0.5%');
    expect(gates[0]?.profile).toBeNull();
    expect(exprsOf(gatesOf('capacity', NARROW, own('rtt.p95 <= 80ms')))).not.toContain('idle.rtt.p95 <= 50ms');
    expect(exprsOf(gatesOf('ci', NARROW, own('rtt{endpoint=trunk-a}.p95 <= 80ms')))).toContain('rtt.p95 <= 50ms');
  });
});

it('calls whose codec has no score are held to loss, jitter and one-way audio', () => {
  const scope = { answered: true, scales: [], hasAudio: true } as const;
  const ids = gatesOf('ci', scope).map(({ metric }) => metric.id);
  expect(ids).toEqual(expect.arrayContaining(['loss', 'jitter', 'rtt', 'one_way', 'no_media']));
  expect(ids.filter((id) => id.startsWith('mos'))).toEqual([]);
});
