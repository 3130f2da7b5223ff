import { describe, expect, it } from 'vitest';
import type { Stat } from '../../../src/gates/grammar.js';
import type { MetricQuery } from '../../../src/gates/source.js';
import { METRICS } from '../../../src/metrics/names.js';
import type { GroupBook } from '../../../src/run/group-book.js';
import { RunBook, type RunBookPlan } from '../../../src/run/run-book.js';
import { NO_FAR_END } from '../../../src/run/metric-figures.js';
import { BASIS, DIRECTION, LEG, NO_GROUP } from '../../../src/worker/messages.js';
import {
  concat,
  cutRecord,
  droppedRecord,
  failedRecord,
  legsOf,
  mediaBatch,
  notStartedRecord,
  recordOf,
  rowsOf,
  sentLegsOf,
  sentRowsOf,
  signallingBatch,
} from './batches.js';

const TWO: RunBookPlan = {
  endpoints: [
    { name: 'trunk-a', labels: { site: 'north', access: 'fibre' } },
    { name: 'trunk-b', labels: { site: 'south', access: 'fibre' } },
  ],
  media: true,
  warmupMs: 0,
};
const ONE: RunBookPlan = { ...TWO, endpoints: TWO.endpoints.slice(0, 1) };

function query(metric: string, changes: Partial<MetricQuery> = {}): MetricQuery {
  return { metric, direction: 'received', per: 'second', tags: {}, afterMs: 0, ...changes };
}

const MAX: Stat = { kind: 'max' };
const P50: Stat = { kind: 'percentile', p: 50 };

/** What a gate would read of a metric: a value and its samples. */
function valueOf(book: RunBook, metric: string, changes: Partial<MetricQuery> = {}): [number, number] | null {
  const asked = query(metric, changes);
  if (METRICS.find(({ id }) => id === metric)?.population === 'scalar') {
    const scalar = book.scalar(asked);
    return scalar === null ? null : [scalar.value, scalar.samples];
  }
  const distribution = book.distribution(asked);
  return distribution === null ? null : [distribution.max, distribution.count];
}

const DELAYED = { mosCq: 4.2, rttMs: 30, mouthToEarMs: 95, mosLqNoPlc: 4.15 };

/** Endpoint 0 is good, endpoint 1 is bad; every figure has a value of its own. */
function filled(plan = TWO): RunBook {
  const book = new RunBook(plan);
  book.addSignalling(
    signallingBatch({
      records: [
        recordOf({ call: 0, setupDelayMs: 11, answerDelayMs: 12, disconnectDelayMs: 13 }),
        recordOf({ call: 2, setupDelayMs: 11, answerDelayMs: 12, disconnectDelayMs: 13, startedMs: 1000 }),
        recordOf({ call: 1, endpoint: 1, setupDelayMs: 21, answerDelayMs: 22, disconnectDelayMs: 23 }),
        droppedRecord({ call: 3, endpoint: 1, setupDelayMs: 20, answerDelayMs: 20 }),
        failedRecord({ call: 5, endpoint: 1 }),
        cutRecord('after', { call: 7, endpoint: 1, setupDelayMs: 19, answerDelayMs: 19 }),
      ],
      sip: {
        requests: [
          ['INVITE', 6],
          ['ACK', 6],
          ['BYE', 4],
        ],
        retransmissions: [['BYE', 2]],
        responses: [],
        malformed: 0,
        dropped: 0,
      },
    }),
  );
  book.addMedia(
    mediaBatch({
      second: 0,
      rows: rowsOf(
        { call: 0, expected: 50, lost: 1, discarded: 2, jitterMs: 3, rFactor: 90, mosLq: 4.3, ...DELAYED },
        { call: 2, expected: 50, lost: 1, discarded: 2, jitterMs: 3, rFactor: 90, mosLq: 4.3 },
        { call: 1, endpoint: 1, expected: 50, lost: 10, discarded: 5, jitterMs: 7, rFactor: 91, mosLq: 4.4, rttMs: 70 },
      ),
      legs: legsOf(
        { call: 0, expected: 100, lost: 3, discarded: 4, jitterMs: 2, rFactor: 80, mosLq: 4, ...DELAYED, burstR: 1.5 },
        { call: 2, expected: 100, lost: 3, discarded: 4, jitterMs: 2, rFactor: 80, mosLq: 4 },
        { call: 1, endpoint: 1, expected: 100, lost: 30, discarded: 20, jitterMs: 6, rFactor: 81, mosLq: 4.1 },
        { call: 3, endpoint: 1, expected: 100, lost: 100, taken: 0, jitterMs: Number.NaN, rFactor: 0, mosLq: 1 },
        { call: 7, endpoint: 1, expected: 0, jitterMs: 1, rFactor: 1, mosLq: 1, longestSilenceMs: 3500 },
      ),
    }),
  );
  book.total.signallingRttMs.record(17);
  if (book.groups[0] !== book.total) book.groups[0]?.signallingRttMs.record(17);
  return book;
}

describe('every metric of the catalogue', () => {
  const ids = METRICS.map(({ id }) => id);

  it.each(ids)('%s is null without data, and never 0', (id) => {
    const onlyOurs = new RunBook(TWO);
    onlyOurs.addSignalling(signallingBatch({ records: [notStartedRecord(), cutRecord('before', { call: 1 })] }));
    for (const per of ['second', 'call'] as const) {
      expect(valueOf(new RunBook(TWO), id, { per })).toBeNull();
      expect(new RunBook(TWO).ratio(query(id, { per }))).toBeNull();
      const load = ['active_calls', 'start_rate'].includes(id); // that a second had none is known
      expect(valueOf(onlyOurs, id, { per }) === null).toBe(!load);
    }
    expect(new RunBook(TWO).window()).toBeNull();
    const watched = [{ query: query(id), stat: MAX }];
    expect(new RunBook({ ...TWO, watched }).seconds(query(id), MAX)).toEqual([]);
  });

  const total: Record<string, [number, number]> = {
    success_ratio: [3 / 5, 5],
    // One of five is refused 503; the other four are answered and end by a BYE.
    ser: [4 / 5, 5],
    seer: [4 / 5, 5],
    isa: [1 / 5, 5],
    scr: [4 / 5, 5],
    asr: [4 / 5, 5],
    ner: [4 / 5, 5],
    setup_delay: [21, 5],
    answer_delay: [22, 5],
    disconnect_delay: [23, 3],
    session_duration: [2000, 4], // the dropped one has no delay of a BYE of ours to take off
    signalling_rtt: [17, 1],
    // The ACKs are no part of it: they have no timer.
    retransmission_ratio: [2 / 10, 6],
    mos_lq: [4.4, 3],
    mos_cq: [4.2, 1],
    mos_lq_no_plc: [4.41, 3],
    r_factor: [91, 3],
    loss: [0.2, 3],
    discard: [0.1, 3],
    jitter: [7, 3],
    rtt: [70, 2],
    mouth_to_ear: [95, 1],
    one_way: [2, 5],
    no_media: [1, 5],
    dropped: [1, 4],
    active_calls: [5, 3],
    start_rate: [5, 2],
  };
  it.each(ids)('%s of the whole run, whatever the number of endpoints', (id) => {
    for (const plan of [TWO, ONE]) {
      expect(valueOf(filled(plan), id)).toEqual(total[id] ?? null);
    }
  });

  const perCall: Record<string, [number, number]> = {
    mos_lq: [4.1, 5],
    mos_cq: [4.2, 1],
    mos_lq_no_plc: [4.41, 5],
    r_factor: [81, 5],
    loss: [1, 4],
    discard: [0.2, 4],
    jitter: [6, 4],
    burst_r: [1.5, 5],
    rtt: [30, 1],
    mouth_to_ear: [95, 1],
  };
  it.each(METRICS.filter(({ population }) => population === 'legs').map(({ id }) => id))('%s by call', (id) => {
    expect(valueOf(filled(), id, { per: 'call' })).toEqual(perCall[id] ?? null);
  });

  const ofA: Record<string, [number, number]> = {
    success_ratio: [1, 2],
    ser: [1, 2],
    seer: [1, 2],
    isa: [0, 2],
    scr: [1, 2],
    asr: [1, 2],
    ner: [1, 2],
    setup_delay: [11, 2],
    answer_delay: [12, 2],
    disconnect_delay: [13, 2],
    session_duration: [1987, 2],
    signalling_rtt: [17, 1],
    mos_lq: [4.3, 2],
    mos_cq: [4.2, 1],
    mos_lq_no_plc: [4.41, 2],
    rtt: [30, 1],
    mouth_to_ear: [95, 1],
    r_factor: [90, 2],
    loss: [0.02, 2],
    discard: [0.04, 2],
    jitter: [3, 2],
    one_way: [0, 2],
    no_media: [0, 2],
    dropped: [0, 2],
  };
  it.each(METRICS.filter(({ perEndpoint }) => perEndpoint).map(({ id }) => id))('%s by tags', (id) => {
    const book = filled();
    const ask = (tags: MetricQuery['tags']): [number, number] | null => valueOf(book, id, { tags });
    expect(ask({ endpoint: 'trunk-a' })).toEqual(ofA[id] ?? null);
    expect(ask({ site: 'north' })).toEqual(ofA[id] ?? null);
    expect(ask({ endpoint: 'trunk-b' })).not.toEqual(ofA[id]);
    expect(ask({ access: 'fibre' })).toEqual(total[id] ?? null); // both endpoints, merged
    expect(ask({ endpoint: 'trunk-a', site: 'south' })).toBeNull();
  });

  it.each(METRICS.filter(({ perCodec }) => perCodec).map(({ id }) => id))('%s by codec', (id) => {
    const book = filled();
    const ask = (tags: MetricQuery['tags']): [number, number] | null => valueOf(book, id, { tags });
    expect(ask({ codec: 'PCMU' })).toEqual(total[id] ?? null);
    expect(ask({ endpoint: 'trunk-a', site: 'north', codec: 'PCMU' })).toEqual(ofA[id] ?? null);
    expect(ask({ codec: 'G722' })).toBeNull();
  });
});

describe('a count', () => {
  it('as a share is of what counts as evidence', () => {
    const book = filled();
    expect(book.ratio(query('dropped'))).toEqual({ value: 1 / 4, samples: 4 }); // the cut one is in no ratio
    expect(book.ratio(query('one_way'))).toEqual({ value: 2 / 5, samples: 5 });
    expect(book.ratio(query('no_media', { tags: { endpoint: 'trunk-b' } }))).toEqual({ value: 1 / 3, samples: 3 });
  });

  it('of legs is unknown while calls were answered and no leg has reported, or without media', () => {
    const book = new RunBook(ONE);
    book.addSignalling(
      signallingBatch({ records: [recordOf({ hasMedia: true }), recordOf({ call: 1, hasMedia: true })] }),
    );
    expect(book.legsOutstanding).toBe(2);
    expect([valueOf(book, 'one_way'), valueOf(book, 'no_media')]).toEqual([null, null]);
    expect(valueOf(book, 'dropped')).toEqual([0, 2]);
    expect(valueOf(filled({ ...TWO, media: false }), 'one_way')).toBeNull();
    expect(valueOf(filled({ ...TWO, media: false }), 'dropped')).toEqual([1, 4]);
  });
});

/** Endpoint 0 has a G.711 and a G.722 leg, endpoint 1 one of G.722; only endpoint 0 reports on what it received. */
function mixed(watched: RunBookPlan['watched'] = []): RunBook {
  const book = new RunBook({ ...TWO, watched });
  book.addSignalling(
    signallingBatch({
      records: [0, 1, 2].map((call) => recordOf({ call, endpoint: call === 2 ? 1 : 0, hasMedia: true })),
    }),
  );
  book.addMedia(
    mediaBatch({
      rows: concat(
        rowsOf(
          { call: 0, second: 0, codec: 0, mosLq: 4.4, mosCq: 4.3, rttMs: 40 },
          { call: 1, second: 1, codec: 2, mosLq: 4.3, lost: 5 },
          { call: 2, second: 2, codec: 2, endpoint: 1, mosLq: 4.2, lost: 10 },
        ),
        sentRowsOf({ call: 0, second: 1, codec: 0, mosLq: 3.9, expected: 250, lost: 25 }),
        sentRowsOf({ call: 1, second: 1, codec: 2, mosLq: 3.5, expected: 250, lost: 50 }),
      ),
      legs: concat(
        legsOf(
          { call: 0, codec: 0, rtcpReceived: 2 },
          { call: 1, codec: 2, taken: 0, mosLq: 4.3 },
          { call: 2, codec: 2, endpoint: 1, mosLq: 4.2 },
        ),
        sentLegsOf({ call: 0, codec: 0, mosLq: 3.8, lost: 10 }, { call: 1, codec: 2, mosLq: 3.4, lost: 20 }),
      ),
    }),
  );
  return book;
}

/** Second and figure of each second, by the stat. */
function secondsOf(book: RunBook, metric: string, changes: Partial<MetricQuery> = {}, stat: Stat = MAX): number[][] {
  return book.seconds(query(metric, changes), stat).map(({ second, value }) => [second, value]);
}

describe('figures by direction, codec and endpoint', () => {
  const book = mixed();
  book.flush();
  const sent = { direction: 'sent' } as const;
  const byCall = { per: 'call', direction: 'sent' } as const;

  it.each<[string, Partial<MetricQuery>, [number, number] | null]>([
    ['mos_lq', {}, [4.4, 1]],
    ['mos_lq_wb', {}, [4.3, 2]],
    ['mos_lq_wb', { tags: { endpoint: 'trunk-b' } }, [4.2, 1]],
    ['mos_lq', { tags: { endpoint: 'trunk-b' } }, null],
    ['loss', {}, [0.2, 3]],
    ['loss', { tags: { codec: 'PCMU' } }, [0, 1]],
    ['loss', { tags: { codec: 'G722', endpoint: 'trunk-a' } }, [0.1, 1]],
    ['loss', { tags: { codec: 'G722' } }, [0.2, 2]],
    ['loss', { tags: { codec: 'PCMA' } }, null],
    ['loss', sent, [0.2, 2]],
    ['loss', { ...sent, tags: { codec: 'PCMU' } }, [0.1, 1]],
    ['loss', { ...sent, tags: { endpoint: 'trunk-b' } }, null],
    ['mos_lq', sent, [3.9, 1]],
    ['mos_lq_wb', sent, [3.5, 1]],
    ['mos_lq', byCall, [3.8, 1]],
    ['mos_lq_wb', byCall, [3.4, 1]],
    ['rtt', {}, [40, 1]],
    ['no_media', { tags: { codec: 'G722' } }, [1, 2]],
    ['no_media', { tags: { codec: 'PCMU' } }, [0, 1]],
    ['no_media', {}, [1, 3]],
  ])('%s of %j is %j', (metric, changes, expected) => {
    expect(valueOf(book, metric, changes)).toEqual(expected);
  });

  it.each<[string, Partial<MetricQuery>, string]>([
    ['loss', { tags: { codec: 'PCMA' } }, 'no leg used PCMA'],
    ['mos_lq', { tags: { endpoint: 'trunk-b' } }, 'no leg used a narrowband codec'],
    ['mos_lq_wb', { tags: { codec: 'PCMU' } }, 'no leg used a wideband codec'],
    ['loss', { ...sent, tags: { endpoint: 'trunk-b' } }, NO_FAR_END],
    ['mos_cq_wb', { tags: { endpoint: 'trunk-b' } }, NO_FAR_END],
    ['rtt', { tags: { endpoint: 'trunk-b' } }, NO_FAR_END],
    ['mouth_to_ear', sent, 'the reports of the far end do not tell it'],
    ['mouth_to_ear', {}, 'the reports of the far end do not tell it'],
  ])('%s of %j has none, and it is said why', (metric, changes, why) => {
    expect(valueOf(book, metric, changes)).toBeNull();
    expect(book.missing(query(metric, changes))).toBe(why);
  });

  it('have one round trip, in whichever direction it was reported', () => {
    const reported = new RunBook({ ...ONE, watched: [{ query: query('rtt'), stat: MAX }] });
    reported.addMedia(mediaBatch({ rows: concat(rowsOf({ second: 3 }), sentRowsOf({ second: 3, rttMs: 55 })) }));
    expect(valueOf(reported, 'rtt')).toEqual([55, 1]);
    expect(valueOf(reported, 'rtt', sent)).toEqual([55, 1]);
    expect(secondsOf(reported, 'rtt')).toEqual([[3, 55]]);
    expect(valueOf(book, 'rtt', sent)).toEqual([40, 2]);
  });

  it('are missing because nothing was measured at all, where that is so; RTCP without a report on us is told apart', () => {
    expect(new RunBook(TWO).missing(query('rtt'))).toBe('nothing was measured');
    expect(new RunBook(TWO).missing(query('success_ratio'))).toBe('nothing was measured');
    const heard = new RunBook(ONE);
    heard.addMedia(mediaBatch({ legs: legsOf({ rtcpReceived: 3 }) }));
    expect(heard.missing(query('loss', sent))).toBe('the RTCP of the far end held no report on what we sent');
  });

  it('have the seconds of their direction and codec', () => {
    const wideband = { tags: { codec: 'G722' } };
    const asked: [string, Partial<MetricQuery>][] = [
      ['loss', {}],
      ['loss', sent],
      ['mos_lq_wb', {}],
      ['rtt', {}],
      ['loss', wideband],
    ];
    const watched = mixed(asked.map(([metric, changes]) => ({ query: query(metric, changes), stat: MAX })));
    expect(asked.map(([metric, changes]) => secondsOf(watched, metric, changes))).toEqual([
      [
        [0, 0],
        [1, 0.1],
        [2, 0.2],
      ],
      [[1, 0.2]],
      [
        [1, 4.3],
        [2, 4.2],
      ],
      [[0, 40]],
      [
        [1, 0.1],
        [2, 0.2],
      ],
    ]);
  });

  it('know their scales, and legs of the sent direction are no legs that are waited for', () => {
    expect([...book.scales()]).toEqual(['narrowband', 'wideband']);
    expect([...new RunBook(TWO).scales()]).toEqual([]);
    expect(book.legsOutstanding).toBe(0);
    expect(book.total.calls).toMatchObject({ noMedia: 1, oneWay: 1 });
  });
});

/** A call of which both RTCP and our own answerer tell, in some order. */
function told(steps: readonly ('media' | 'far' | 'call')[]): RunBook {
  const book = new RunBook({ ...TWO, warmupMs: 0 });
  const far = { direction: DIRECTION.sent, basis: BASIS.answerer, endpoint: Number.NaN, codec: Number.NaN };
  const take = {
    call: () => book.addSignalling(signallingBatch({ records: [recordOf({ call: 5, endpoint: 1, hasMedia: true })] })),
    media: () =>
      book.addMedia(
        mediaBatch({
          rows: sentRowsOf({ call: 5, endpoint: 1, codec: 2, mosLq: 4, lost: 1 }),
          legs: concat(
            legsOf({ call: 5, endpoint: 1, codec: 2 }),
            sentLegsOf({ call: 5, endpoint: 1, codec: 2, lost: 10 }),
          ),
        }),
      ),
    far: () => book.addFarLegs(sentLegsOf({ call: 5, ...far, lost: 30, mosLq: 3 })),
  };
  steps.forEach((step) => take[step]());
  book.flush();
  return book;
}

describe('what our own answerer received', () => {
  it.each([[['call', 'far', 'media']], [['far', 'media', 'call']], [['media', 'call', 'far']]] as const)(
    'wins over RTCP for the totals of a call, whatever comes first: %j; the seconds stay those of RTCP',
    (steps) => {
      const book = told(steps);
      const sent = { direction: 'sent', tags: { endpoint: 'trunk-b' } } as const;
      expect(valueOf(book, 'loss', { ...sent, per: 'call' })).toEqual([0.3, 1]);
      // It knows neither codec nor endpoint: they are those of the leg.
      expect(valueOf(book, 'mos_lq_wb', { ...sent, per: 'call' })).toEqual([3, 1]);
      expect(valueOf(book, 'loss', sent)).toEqual([0.02, 1]);
      expect(book.total.sentLegs).toEqual({ rtcp: 0, answerer: 1 });
    },
  );

  it('is told of with its call, once', () => {
    const book = new RunBook(ONE);
    const joined: [number, number | undefined][] = [];
    book.onJoined = ({ call }, { sent }) => void joined.push([call, sent?.[LEG.basis]]);
    book.addSignalling(
      signallingBatch({ records: [recordOf({ call: 5, hasMedia: true }), failedRecord({ call: 6 })] }),
    );
    book.addFarLegs(sentLegsOf({ call: 5, basis: BASIS.answerer }));
    book.addMedia(mediaBatch({ legs: legsOf({ call: 5 }) }));
    book.flush();
    expect(joined).toEqual([
      [6, undefined],
      [5, BASIS.answerer],
    ]);
  });

  it('of a call before the end of the warm-up is in no figure, and its packets count', () => {
    const book = new RunBook({ ...ONE, warmupMs: 1000 });
    book.addMedia(mediaBatch({ legs: legsOf({ call: 5, answeredMs: 999 }, { call: 6, answeredMs: 1000 }) }));
    book.addFarLegs(sentLegsOf({ call: 5, lost: 90 }, { call: 6, lost: 20 }));
    book.flush();
    expect(valueOf(book, 'loss', { direction: 'sent', per: 'call' })).toEqual([0.2, 1]);
    expect(book.total.sent.packets).toMatchObject({ expected: 200, lost: 110 });
  });
});

describe('the warm-up', () => {
  const WARM: RunBookPlan = { ...ONE, warmupMs: 1500 };

  it('keeps calls by their start, legs by their ACK and whole seconds out of every figure', () => {
    const book = new RunBook({ ...WARM, watched: [{ query: query('loss'), stat: MAX }] });
    book.addSignalling(
      signallingBatch({
        records: [
          failedRecord({ call: 0, startedMs: 1499, endedMs: 1600 }),
          droppedRecord({ call: 1, startedMs: 0 }),
          recordOf({ call: 2, startedMs: 1500, establishedMs: 1600, endedMs: 3600 }),
          recordOf({ call: 3, startedMs: 2100, establishedMs: 2200, endedMs: 3600 }),
          recordOf({ call: 4, startedMs: 2100, establishedMs: 2200, endedMs: 3600 }),
        ],
      }),
    );
    book.addMedia(
      mediaBatch({
        rows: rowsOf({ second: 1, lost: 50, mosLq: 1 }, { second: 2, lost: 5 }, { second: 3, lost: 10 }),
        legs: legsOf({ answeredMs: 1499, taken: 0, rFactor: 0 }, { answeredMs: 1500 }, { answeredMs: 1600 }),
      }),
    );
    expect(valueOf(book, 'success_ratio')).toEqual([1, 3]);
    expect(valueOf(book, 'dropped')).toEqual([0, 3]);
    expect(valueOf(book, 'one_way')).toEqual([0, 2]);
    expect(valueOf(book, 'no_media')).toEqual([0, 2]);
    expect(valueOf(book, 'loss')).toEqual([0.2, 2]);
    expect(book.distribution(query('r_factor', { per: 'call' }))).toMatchObject({ count: 2, min: 93.2 });
    expect(valueOf(book, 'start_rate')).toEqual([2, 1]);
    expect(book.distribution(query('active_calls'))).toMatchObject({ count: 2, max: 3, min: 0 });
    expect(book.window()).toEqual({ fromSecond: 2, toSecond: 3 });
    expect(secondsOf(book, 'loss')).toEqual([
      [2, 0.1],
      [3, 0.2],
    ]);
    expect(book.total.calls).toMatchObject({ attempted: 5, failed: 1, dropped: 1, oneWay: 1 });
  });

  it('that outlasts the run leaves no window', () => {
    const book = new RunBook({ ...ONE, warmupMs: 60_000 });
    book.addSignalling(signallingBatch({ records: [recordOf()] }));
    expect(book.window()).toBeNull();
    expect([valueOf(book, 'active_calls'), valueOf(book, 'start_rate'), valueOf(book, 'success_ratio')]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

function tagged(metric: string, stat: Stat, tags: Record<string, string> = {}) {
  return { query: query(metric, { tags }), stat };
}

describe('the figures of single seconds', () => {
  const below3: Stat = { kind: 'below', value: 3 };
  it('are those of the endpoints that the gate is about, by its own stat', () => {
    const watched = [
      tagged('mos_lq', P50),
      tagged('mos_lq', below3),
      tagged('mos_lq', P50, { endpoint: 'trunk-b' }),
      tagged('jitter', MAX, { site: 'south' }),
      tagged('loss', { kind: 'mean' }, { access: 'fibre' }),
    ];
    const book = new RunBook({ ...TWO, watched });
    const rows = rowsOf(
      { second: 2, endpoint: 0, mosLq: 2, jitterMs: 90, lost: 40 },
      { second: 2, endpoint: 1, mosLq: 4, jitterMs: 3 },
      { second: 2, endpoint: 1, mosLq: 4.1, jitterMs: 2 },
      { second: 3, endpoint: 1, mosLq: 2.5, jitterMs: 80, lost: 30 },
      { second: 4, endpoint: 0, mosLq: Number.NaN },
    );
    book.addMedia(mediaBatch({ rows }));
    expect(secondsOf(book, 'mos_lq', {}, P50)).toEqual([
      [2, 4],
      [3, 2.5],
    ]);
    expect(secondsOf(book, 'mos_lq', {}, below3)).toEqual([
      [2, 1 / 3],
      [3, 1],
    ]);
    expect(secondsOf(book, 'mos_lq', { tags: { endpoint: 'trunk-b' } }, P50)).toEqual([
      [2, 4],
      [3, 2.5],
    ]);
    expect(secondsOf(book, 'jitter', { tags: { site: 'south' } })).toEqual([
      [2, 3],
      [3, 80],
    ]);
    expect(secondsOf(book, 'loss', { tags: { access: 'fibre' } }, { kind: 'mean' })).toEqual([
      [2, 0.8 / 3],
      [3, 0.6],
      [4, 0],
    ]);
  });

  it('stay as they are once nothing can be added to them, and are only then settled', () => {
    const book = new RunBook({ ...ONE, watched: [tagged('mos_lq', P50)] });
    const settled = () => book.seconds(query('mos_lq'), P50, true);
    book.addMedia(mediaBatch({ second: 3, rows: rowsOf({ second: 0, mosLq: 4 }) }));
    expect(settled()).toEqual([]);
    book.addMedia(mediaBatch({ second: 9, rows: rowsOf({ second: 6, mosLq: 3 }) }));
    expect(settled()).toEqual([{ second: 0, value: 4, samples: 1 }]);
    book.addMedia(mediaBatch({ second: 10, rows: rowsOf({ second: 0, mosLq: 1 }) }));
    expect(settled()).toEqual([{ second: 0, value: 4, samples: 1 }]);
    expect(secondsOf(book, 'mos_lq', {}, P50)).toEqual([
      [0, 4],
      [6, 3],
    ]);
  });

  it('of calls stand where the calls started, of whole legs where they were answered', () => {
    const scalar = (metric: string) => ({ query: query(metric), stat: null });
    const legLoss = { query: query('loss', { per: 'call' }), stat: MAX };
    const watched = [
      tagged('setup_delay', MAX),
      scalar('success_ratio'),
      scalar('dropped'),
      scalar('no_media'),
      legLoss,
    ];
    const book = new RunBook({ ...ONE, watched });
    book.addSignalling(
      signallingBatch({
        records: [
          recordOf({ call: 0, startedMs: 1500, setupDelayMs: 30 }),
          failedRecord({ call: 1, startedMs: 1600, endedMs: 9000 }),
          droppedRecord({ call: 2, startedMs: 4000, setupDelayMs: 70 }),
          cutRecord('after', { call: 3, startedMs: 4100, setupDelayMs: 20 }),
        ],
      }),
    );
    book.addMedia(mediaBatch({ legs: legsOf({ answeredMs: 1600, lost: 7 }, { answeredMs: 4300, taken: 0 }) }));
    const counts = (metric: string) =>
      book.seconds(query(metric), null).map(({ second, value, samples }) => [second, value, samples]);
    expect(secondsOf(book, 'setup_delay')).toEqual([
      [1, 30],
      [4, 70],
    ]);
    expect(counts('success_ratio')).toEqual([
      [1, 1, 2],
      [4, 0, 1],
    ]);
    expect(counts('dropped')).toEqual([
      [1, 0, 1],
      [4, 1, 1],
    ]);
    expect(counts('no_media')).toEqual([
      [1, 0, 1],
      [4, 1, 1],
    ]);
    expect(secondsOf(book, 'loss', { per: 'call' })).toEqual([
      [1, 0.07],
      [4, 0],
    ]);
  });

  it('is known of the load', () => {
    const book = new RunBook(ONE);
    book.addSignalling(
      signallingBatch({ records: [0, 0, 1000].map((startedMs, call) => recordOf({ call, startedMs })) }),
    );
    expect(secondsOf(book, 'start_rate')).toEqual([
      [0, 2],
      [1, 1],
    ]);
    expect(secondsOf(book, 'active_calls')).toEqual([
      [0, 3],
      [1, 3],
      [2, 0],
    ]);
  });
});

const sip = (invites: number): Parameters<typeof signallingBatch>[0] => ({
  sip: {
    requests: [['INVITE', invites]],
    retransmissions: [['INVITE', 1]],
    responses: [
      ['INVITE', 200, invites],
      ['BYE', 200, 1],
    ],
    malformed: 2,
    dropped: 3,
  },
});

const batchOf = (worker: number, second: number) =>
  mediaBatch({ worker, second, rows: rowsOf({ call: worker, second, lost: worker * 50 }) });

describe('batches', () => {
  it('of a media worker that is slow join the seconds of the others', () => {
    const book = new RunBook(ONE);
    book.addMedia(batchOf(1, 0));
    for (let second = 0; second < 50; second++) {
      book.addMedia(batchOf(0, second));
    }
    for (let second = 1; second < 50; second++) {
      book.addMedia(batchOf(1, second));
    }
    const legs = book.total.series.seconds().map(({ received }) => received?.legs);
    expect(legs).toEqual(Array.from({ length: 50 }, () => 2));
    expect(book.total.series.seconds()[7]?.received?.lossRatio).toBe(0.5);
    expect(book.total.series.received.isClosed(40)).toBe(true); // closed, once both had passed it
  });

  it('of one that has died are not waited for', () => {
    const book = new RunBook(ONE);
    book.addMedia(mediaBatch({ worker: 1, second: 0, rows: rowsOf({ second: 0 }) }));
    for (let second = 0; second < 100; second++) {
      book.addMedia(mediaBatch({ second, rows: rowsOf({ second }) }));
    }
    expect(book.total.series.received.isClosed(38)).toBe(true);
    expect(book.total.series.received.isClosed(39)).toBe(false);
  });

  it('of signalling are totals of each worker, summed once', () => {
    const book = new RunBook(ONE);
    const counts = { started: 9, active: 3, live: 4, peakActive: 5 };
    book.addSignalling(signallingBatch({ ...counts, started: 5, ...sip(3) }));
    book.addSignalling(signallingBatch({ ...counts, ...sip(4) }));
    book.addSignalling(signallingBatch({ ...counts, worker: 1, ...sip(6), finished: true }));
    expect([book.started, book.activeCalls, book.liveCalls, book.peakActive]).toEqual([18, 6, 8, 10]);
    expect(book.sipCounts()).toEqual({
      requests: [['INVITE', 10]],
      retransmissions: [['INVITE', 2]],
      responses: [
        ['BYE', 200, 2],
        ['INVITE', 200, 10],
      ],
      malformed: 4,
      dropped: 6,
    });
    expect(book.retransmissionRatio()).toBe(0.2);
    expect(book.responses).toBe(12);
  });

  it('of an endpoint that nobody knows are the run’s at least', () => {
    const book = new RunBook(TWO);
    book.addSignalling(signallingBatch({ records: [recordOf({ endpoint: 9 })] }));
    expect([book.total.calls.attempted, ...book.groups.map(({ calls }) => calls.attempted)]).toEqual([1, 0, 0]);
  });
});

it('a run of several workers is finished when each has finished or died', () => {
  const book = new RunBook(ONE);
  expect(book.isFinished(2)).toBe(false);
  book.addSignalling(signallingBatch({ finished: true }));
  expect(book.isFinished(2)).toBe(false);
  expect(book.isFinished(1)).toBe(true);
  book.addSignalling(signallingBatch({ worker: 1 }));
  expect(book.isFinished(2)).toBe(false);
  book.loseSignalling(1);
  expect(book.isFinished(2)).toBe(true);
  book.loseSignalling(2);
  expect(book.isFinished(3)).toBe(true);
});

const media = (call: number, endpoint: number) => recordOf({ call, endpoint, hasMedia: true });
const far = (call: number, endpoint: number, lost = 0) =>
  legsOf({ call, endpoint, direction: DIRECTION.sent, basis: BASIS.answerer, lost });

describe('figures that far ends return', () => {
  it('are the sent direction of their calls, in the run and at the endpoint', () => {
    const book = new RunBook(TWO);
    book.addSignalling(signallingBatch({ records: [media(4, 0), media(1, 1)] }));
    book.addMedia(mediaBatch({ legs: legsOf({ call: 4, endpoint: 0 }, { call: 1, endpoint: 1 }) }));
    book.addSignalling(signallingBatch({ farLegs: Float64Array.of(...far(4, 0, 7), ...far(1, 1)) }));
    book.flush();
    expect(book.total.sent.packets).toMatchObject({ lost: 7 });
    expect(book.groups.map(({ sent }) => sent.packets?.lost)).toEqual([7, 0]);
  });

  it('are waited for only where there is reason to expect any', () => {
    const book = new RunBook(TWO);
    book.addSignalling(signallingBatch({ records: [media(0, 0), media(1, 1), media(2, 0), recordOf({ call: 3 })] }));
    expect(book.farLegsOutstanding).toBe(0);
    book.addSignalling(signallingBatch({ farLegs: far(0, 0) })); // endpoint 0 does return them
    expect(book.farLegsOutstanding).toBe(1);
    book.addSignalling(signallingBatch({ ourAnswerers: [1] })); // endpoint 1 says that it is ours
    expect(book.farLegsOutstanding).toBe(2);
    book.addSignalling(signallingBatch({ farLegs: Float64Array.of(...far(2, 0), ...far(1, 1)) }));
    expect(book.farLegsOutstanding).toBe(0);
  });

  it('of a call that the record has not told yet make nothing up for another', () => {
    const book = new RunBook(TWO);
    book.addSignalling(signallingBatch({ farLegs: far(0, 0), records: [media(1, 1)], ourAnswerers: [1] }));
    expect(book.farLegsOutstanding).toBe(1);
  });
});

const spanOf = ({ signallingRttMs }: GroupBook) => [signallingRttMs.count, signallingRttMs.max];

describe('the round trip of OPTIONS', () => {
  it('is kept for the run and for each endpoint, after the warm-up', () => {
    const book = new RunBook({ ...TWO, warmupMs: 2000 });
    book.addSignalling(signallingBatch({ second: 1, optionsRttMs: Float64Array.of(0, 500) }));
    book.addSignalling(signallingBatch({ second: 2, optionsRttMs: Float64Array.of(0, 10, 1, 30) }));
    expect([book.total, ...book.groups].map(spanOf)).toEqual([
      [2, 30],
      [1, 10],
      [1, 30],
    ]);
  });

  it('costs a silent peer nothing: OPTIONS do not count among the retransmissions', () => {
    const book = new RunBook(ONE);
    const sip = { responses: [], malformed: 0, dropped: 0 };
    book.addSignalling(
      signallingBatch({
        sip: {
          ...sip,
          requests: [
            ['INVITE', 10],
            ['OPTIONS', 9],
          ],
          retransmissions: [
            ['INVITE', 1],
            ['OPTIONS', 9],
          ],
        },
      }),
    );
    expect(book.retransmissionRatio()).toBe(0.1);
  });
});

describe('users of one endpoint who are told apart by their labels', () => {
  const plan: RunBookPlan = {
    ...TWO,
    endpoints: [
      { name: 'pbx (site=berlin)', labels: { site: 'berlin' }, partOf: 'pbx' },
      { name: 'pbx (site=paris)', labels: { site: 'paris' }, partOf: 'pbx' },
    ],
  };
  const book = filled(plan);
  book.addSignalling(
    signallingBatch({
      records: [notStartedRecord({ call: 9, endpoint: NO_GROUP, cause: 'noFreeUser' })],
    }),
  );

  it('have figures of their own, which are those of the same calls of two endpoints', () => {
    for (const [site, endpoint] of [
      ['berlin', 'trunk-a'],
      ['paris', 'trunk-b'],
    ] as const) {
      for (const metric of ['setup_delay', 'mos_lq', 'success_ratio', 'loss']) {
        const ofUsers = valueOf(book, metric, { tags: { site } });
        expect(ofUsers).not.toBeNull();
        expect(ofUsers).toEqual(valueOf(filled(), metric, { tags: { endpoint } }));
      }
    }
  });

  it('are together the endpoint', () => {
    expect(valueOf(book, 'setup_delay', { tags: { endpoint: 'pbx' } })).toEqual(valueOf(book, 'setup_delay'));
  });

  it('share the round trip of OPTIONS, which is of none of them', () => {
    const book = new RunBook(plan);
    book.addSignalling(signallingBatch({ second: 1, optionsRttMs: Float64Array.of(0, 27) }));
    expect(valueOf(book, 'signalling_rtt', { tags: { endpoint: 'pbx' } })?.[0]).toBeCloseTo(27, 1);
    expect(valueOf(book, 'signalling_rtt', { tags: { site: 'berlin' } })).toBeNull();
  });

  it('have what they received as called users, beside what the calls of their own labels sent', () => {
    const legs = new RunBook(plan);
    const called = { direction: DIRECTION.sent, basis: BASIS.answerer, codec: 0 };
    const records = [
      recordOf({ call: 0, endpoint: 0, calledGroup: 1, hasMedia: true }),
      // Of this one only the next hop tells.
      recordOf({ call: 1, endpoint: 0, calledGroup: 1, hasMedia: true }),
      recordOf({ call: 2, endpoint: 1, calledGroup: null, hasMedia: true }),
    ];
    legs.addSignalling(signallingBatch({ records }));
    legs.addMedia(
      mediaBatch({
        legs: concat(
          legsOf({ call: 0 }, { call: 1 }, { call: 2, endpoint: 1 }),
          sentLegsOf({ call: 0, ...called, lost: 7 }, { call: 1, lost: 50 }, { call: 2, ...called, lost: 9 }),
        ),
      }),
    );
    legs.flush();
    expect(legs.groups.map(({ called: each }) => [each.legs, each.packets.lost])).toEqual([
      [0, null],
      [1, 7],
    ]);
    expect(legs.groups.map(({ sent }) => sent.packets.lost)).toEqual([57, 9]);
  });

  it('have no part in a call for which there was no user', () => {
    expect([book.total, ...book.groups].map(({ calls }) => calls.notStarted)).toEqual([1, 0, 0]);
  });
});
