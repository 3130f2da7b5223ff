import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { METRICS } from '../../../src/metrics/names.js';
import { renderOpenMetrics } from '../../../src/report/openmetrics.js';
import type { Result } from '../../../src/run/result.js';
import type { DistributionSummary } from '../../../src/run/result-fields.js';
import { gitlabMetrics, parseOpenMetrics } from './openmetrics-check.js';
import { FIXTURES, HOSTILE, badMos, bothDirections, nothingAtAll, typicalPass } from './result-fixture.js';

function samplesOf(result: Result): Map<string, number> {
  const all = new Map<string, number>();
  for (const { samples } of parseOpenMetrics(renderOpenMetrics(result)).values()) {
    for (const [key, value] of samples) all.set(key, value);
  }
  return all;
}

const DELAY: DistributionSummary = {
  unit: 'ms',
  multiplier: 1000,
  count: 4,
  min: 1,
  max: 2500,
  mean: 700,
  stdDev: 1,
  p1: 1,
  p5: 12.3,
  p50: 100,
  p95: 1234.567,
  p99: 2400,
  p99_9: 2500,
  histogram: '',
};

describe('metrics.txt', () => {
  test.each(Object.entries(FIXTURES))('%s: read by the grammar of OpenMetrics and by GitLab', (_, fixture) => {
    const text = renderOpenMetrics(fixture());
    const families = parseOpenMetrics(text);
    expect(families.size).toBeGreaterThan(10);
    for (const [name, { help, type }] of families) {
      expect(name).toMatch(/^callgauge_[a-z0-9_]+$/);
      expect(help).not.toBe('');
      expect(['gauge', 'summary']).toContain(type);
    }
    const samples = [...families.values()].reduce((sum, family) => sum + family.samples.size, 0);
    expect(gitlabMetrics(text).size).toBe(samples);
  });

  it('writes delays in seconds, with quantiles, count and sum', () => {
    const base = typicalPass();
    const samples = samplesOf({ ...base, signalling: { ...base.signalling, setupDelayMs: DELAY } });
    const of = (labels: string): number | undefined => samples.get(`callgauge_setup_delay_seconds${labels}`);
    expect(of('{quantile="0"}')).toBe(0.001);
    expect(of('{quantile="0.05"}')).toBe(0.0123);
    expect(of('{quantile="0.95"}')).toBe(1.234567);
    expect(of('{quantile="1"}')).toBe(2.5);
    expect(of('_count')).toBe(4);
    expect(of('_sum')).toBe(2.8);
  });

  it('tells verdict, gates, calls and packets as they are in the result', () => {
    const result = badMos();
    const samples = samplesOf(result);
    expect(samples.get('callgauge_run_exit_code')).toBe(3);
    expect(samples.get('callgauge_run_verdict{verdict="fail"}')).toBe(1);
    expect(samples.get('callgauge_run_verdict{verdict="pass"}')).toBe(0);
    expect(samples.get('callgauge_gate_passed{gate="mos.p5 >= 3.6",severity="gate"}')).toBe(0);
    expect(samples.get('callgauge_gate_observed{gate="mos.p5 >= 3.6",severity="gate",unit="MOS"}')).toBe(3.02);
    expect(samples.get('callgauge_gate_margin{gate="loss.p95 <= 1%",severity="warn",unit="ratio"}')).toBe(-0.041);
    expect(samples.has('callgauge_gate_passed{gate="jitter.p95 <= 20ms",severity="gate"}')).toBe(false);
    expect(samples.has('callgauge_gate_observed{gate="rtt.p95 <= 50ms",severity="gate",unit="ms"}')).toBe(false);
    expect(samples.get('callgauge_calls{state="attempted"}')).toBe(100);
    expect(samples.get('callgauge_packets{direction="received",kind="lost"}')).toBe(
      result.quality.received?.packets.lost,
    );
    expect(samples.get('callgauge_generator_receive_drops')).toBe(1204);
  });

  it('holds every metric of the catalogue that the result knows, by direction, endpoint and codec', () => {
    const result = bothDirections();
    const samples = samplesOf(result);
    const unknown = METRICS.filter(({ id }) => ![...samples.keys()].some((key) => key.startsWith(`callgauge_${id}`)));
    // Nothing in that result asked by OPTIONS, and nobody registered.
    expect(unknown.map(({ id }) => id)).toEqual(['signalling_rtt', 'registration_delay', 'ira']);
    const [first, second] = result.endpoints;
    const key = `callgauge_endpoint_jitter_seconds{endpoint="${second?.name}",direction="received",quantile="0.95"}`;
    expect(samples.get(key)).toBeCloseTo((second?.quality.received?.jitterMs?.p95 ?? Number.NaN) / 1000, 9);
    expect(samples.get(`callgauge_legs{endpoint="${second?.name}",codec="G722"}`)).toBe(50);
    expect(samples.get(`callgauge_endpoint_calls{endpoint="${first?.name}",state="answered"}`)).toBe(
      first?.calls.answered,
    );
  });

  it('what is unknown is absent, and no zero', () => {
    const text = renderOpenMetrics(nothingAtAll());
    expect(text).not.toMatch(/callgauge_(mos|jitter|rtt|loss|success|setup|generator_send_lateness|generator_cpu)/);
    expect(text).not.toMatch(/null|undefined|NaN/);
    expect(text).toContain('\ncallgauge_calls{state="attempted"} 0\n');
  });

  it('any text in a label is one label, for GitLab too', () => {
    const base = nothingAtAll();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom('"', '\\', '#', '\n', "'", '}', ' ', 'n') }),
        ),
        (name) => {
          const text = renderOpenMetrics({ ...base, name });
          const keys = [...(parseOpenMetrics(text).get('callgauge_run_info')?.samples.keys() ?? [])];
          expect(keys).toHaveLength(1);
          expect(() => gitlabMetrics(text)).not.toThrow();
        },
      ),
    );
    const label = renderOpenMetrics({ ...nothingAtAll(), name: 'a"b\\c#' }).match(/name="(.*)",version/)?.[1];
    expect(label).toBe(String.raw`a\"b\\c＃`);
    expect(renderOpenMetrics({ ...nothingAtAll(), name: HOSTILE })).toContain('⟨U+000A⟩');
  });
});
