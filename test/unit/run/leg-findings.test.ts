import { describe, expect, it } from 'vitest';
import { FindingsBook } from '../../../src/run/findings-book.js';
import { FINDINGS, findingText, legFindings, type Finding } from '../../../src/run/leg-findings.js';
import { LEG } from '../../../src/worker/messages.js';
import { legsOf, sentLegsOf, type LegFigures } from './batches.js';

const namesOf = (leg: LegFigures): Finding[] => legFindings(legsOf(leg)).map(({ finding }) => finding);

describe('a leg', () => {
  it('that is as agreed has no finding, and neither has one of which nothing is known', () => {
    expect(namesOf({})).toEqual([]);
    expect(legFindings(new Float64Array(LEG.columns).fill(Number.NaN))).toEqual([]);
    expect(legFindings(sentLegsOf({}))).toEqual([]);
  });

  const table: [Finding, LegFigures, LegFigures, number | null][] = [
    ['noMedia', { taken: 0, sent: 0, establishedForMs: 1000 }, { taken: 0, sent: 0, establishedForMs: 999 }, null],
    ['oneWay', { longestSilenceMs: 3000.1 }, { longestSilenceMs: 3000 }, null],
    ['silentAudio', { silentRatio: 0.9 }, { silentRatio: 0.899 }, 0.9],
    ['wrongPayloadType', { wrongPayloadType: 1 }, { wrongPayloadType: 0 }, 1],
    ['otherSource', { otherSource: 1 }, { otherSource: 0 }, null],
    ['sourceChanged', { streams: 2 }, { streams: 1 }, 2],
    ['lateStart', { firstPacketMs: 1000.1 }, { firstPacketMs: 1000 }, 1000.1],
    ['reflected', { reflected: 1 }, { reflected: 0 }, null],
    ['clockSkew', { clockSkewPpm: 200.1 }, { clockSkewPpm: 200 }, 200.1],
    ['clockSkew', { clockSkewPpm: -200.1 }, { clockSkewPpm: -200 }, -200.1],
    ['earlyMedia', { earlyPackets: 1 }, { earlyPackets: 0 }, 1],
    ['onHold', { holds: 1 }, { holds: 0 }, 1],
    ['rtcpMissing', { rtcpReceived: 0, establishedForMs: 10_000 }, { rtcpReceived: 0, establishedForMs: 9999 }, null],
    [
      'sentUnreported',
      { rtcpReceived: 2, rtcpBlocks: 0, sent: 500, establishedForMs: 10_000 },
      { rtcpReceived: 2, rtcpBlocks: 1, sent: 500, establishedForMs: 10_000 },
      null,
    ],
    ['srtpAuthFailures', { srtpSuite: 0, srtpAuthFailures: 1 }, { srtpSuite: 0, srtpAuthFailures: 0 }, 1],
  ];
  it.each(table)('%s at its threshold: %j is, %j is not', (finding, is, isNot, value) => {
    expect(legFindings(legsOf(is))).toEqual([{ finding, value }]);
    expect(namesOf(isNot)).toEqual([]);
  });

  it('every finding has a row in this table, and a text in plain words', () => {
    expect(new Set(table.map(([finding]) => finding))).toEqual(new Set(FINDINGS));
    for (const finding of FINDINGS) {
      expect(findingText(finding, null)).toMatch(/^[A-Z].{30,260}\.$/);
    }
  });

  it('that hears nothing at all is not called silent, and RTCP that was not looked for is not missing', () => {
    expect(namesOf({ taken: 0, silentRatio: 1, sent: 0, expectsAudio: 0 })).toEqual([]);
    expect(namesOf({ rtcpReceived: Number.NaN, establishedForMs: 60_000 })).toEqual([]);
  });
});

describe('the findings of a run', () => {
  const legs: LegFigures[] = [
    { call: 4, clockSkewPpm: 250 },
    { call: 2, clockSkewPpm: -312.4, otherSource: 1 },
    { call: 9, clockSkewPpm: 312.4 },
    { call: 1, otherSource: 1 },
    { call: 3 },
  ];

  it('count legs, name the call that has most, and are the same in whatever order legs come', () => {
    for (const order of [legs, legs.toReversed()]) {
      const book = new FindingsBook();
      const rows = legsOf(...order);
      order.forEach((_, index) => book.addLeg(rows, index * LEG.columns));
      const list = book.list();
      expect(list.map(({ finding, legs, example }) => [finding, legs, example])).toEqual([
        ['otherSource', 2, 1],
        ['clockSkew', 3, 2],
      ]);
      expect(list[1]?.text).toMatch(/200 ppm.*virtual machine.*Most: −312 ppm\.$/);
    }
  });

  it('are none where no leg has any', () => expect(new FindingsBook().list()).toEqual([]));
});
