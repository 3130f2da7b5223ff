import { describe, expect, it } from 'vitest';
import { findMetric, METRIC_NAMES, METRICS, SPOIL_CONDITIONS } from '../../../src/metrics/names.js';
import { resultSchema } from '../../../src/run/result.js';
import { directionQualitySchema } from '../../../src/run/result-quality.js';

const keysOf = (shape: object): string[] => Object.keys(shape);

describe('the catalogue', () => {
  it('holds what this version measures, and nothing of later ones', () => {
    expect(METRICS.map(({ id }) => id)).toEqual([
      'success_ratio',
      'ser',
      'seer',
      'isa',
      'scr',
      'asr',
      'ner',
      'setup_delay',
      'answer_delay',
      'disconnect_delay',
      'session_duration',
      'signalling_rtt',
      'registration_delay',
      'ira',
      'retransmission_ratio',
      'mos_lq',
      'mos_cq',
      'mos_lq_wb',
      'mos_cq_wb',
      'mos_lq_no_plc',
      'r_factor',
      'loss',
      'discard',
      'jitter',
      'burst_r',
      'rtt',
      'mouth_to_ear',
      'one_way',
      'no_media',
      'dropped',
      'active_calls',
      'start_rate',
    ]);
  });

  it('has every name once', () => expect(new Set(METRIC_NAMES).size).toBe(METRICS.length + 1));

  it('knows mos as mos_lq', () => expect(findMetric('mos')).toBe(findMetric('mos_lq')));

  it.each(METRICS)('$id points into result.json', ({ path, population, unit }) => {
    const { calls, signalling, load } = resultSchema.shape;
    const places = [
      ...keysOf(calls.shape).map((key) => `calls.${key}`),
      ...keysOf(signalling.shape).map((key) => `signalling.${key}`),
      ...keysOf(load.shape).map((key) => `load.${key}`),
      ...keysOf(directionQualitySchema.shape).map((key) => `quality.<direction>.${key}`),
      ...keysOf(directionQualitySchema.shape.perCall.shape).map((key) => `quality.<direction>.perCall.${key}`),
    ];
    expect(places).toContain(path);
    expect(population === 'legs').toBe(path.startsWith('quality.'));
    expect(unit === 'count').toBe(path.startsWith('calls.'));
  });

  it.each(METRICS)('$id is described in one sentence and spoiled by known conditions', (metric) => {
    expect(metric.description).toMatch(/^[A-Z][^\n]*\.$/);
    expect(SPOIL_CONDITIONS).toEqual(expect.arrayContaining([...metric.spoiledBy]));
  });

  it('orders the limits of the field from good to critical', () => {
    for (const { better, bands } of METRICS) {
      if (bands === null) continue;
      const ordered = [bands.good, bands.warning, bands.critical].toSorted((a, b) =>
        better === 'higher' ? b - a : a - b,
      );
      expect([bands.good, bands.warning, bands.critical]).toEqual(ordered);
    }
  });
});

const spoiledBy = (id: string) => findMetric(id)?.spoiledBy;

describe('what spoils a metric', () => {
  it('is nothing for a final response of the target', () => {
    expect([spoiledBy('success_ratio'), spoiledBy('dropped')]).toEqual([[], []]);
  });

  it('is our own slowness for delays and rates', () => {
    for (const id of ['setup_delay', 'answer_delay', 'disconnect_delay', 'start_rate']) {
      expect(spoiledBy(id)).toEqual(['eventLoopDelay', 'lateStarts']);
    }
  });

  it('is a drop at our socket for received media, a coarse clock for what is timed', () => {
    expect(METRICS.filter(({ spoiledBy }) => spoiledBy.includes('receiveDrops')).map(({ id }) => id)).toEqual([
      'retransmission_ratio',
      'mos_lq',
      'mos_cq',
      'mos_lq_wb',
      'mos_cq_wb',
      'mos_lq_no_plc',
      'r_factor',
      'loss',
      'discard',
      'burst_r',
      'one_way',
      'no_media',
    ]);
    expect(METRICS.filter(({ spoiledBy }) => spoiledBy.includes('mediaClock')).map(({ id }) => id)).toEqual([
      'mos_lq',
      'mos_cq',
      'mos_lq_wb',
      'mos_cq_wb',
      'mos_lq_no_plc',
      'r_factor',
      'discard',
      'jitter',
      'rtt',
      'mouth_to_ear',
    ]);
    expect(METRICS.filter(({ timedHere }) => timedHere).map(({ id }) => id)).toEqual([
      'mos_cq',
      'mos_cq_wb',
      'rtt',
      'mouth_to_ear',
    ]);
  });
});
