import { describe, expect, it } from 'vitest';
import { callLine, secondLine } from '../../../src/cli/row-lines.js';
import { BASIS, LEG } from '../../../src/worker/messages.js';
import { failedRecord, legsOf, recordOf, rowsOf, sentLegsOf, sentRowsOf } from '../run/batches.js';

const ENDPOINTS = ['trunk-a', 'trunk-b'];
const parse = (line: string): unknown => JSON.parse(line);

describe('a second', () => {
  it('has all that is known of leg and direction, its codec by name, and null for the rest', () => {
    const row = { call: 7, leg: 0, endpoint: 1, codec: 0, second: 12, lost: 2, discarded: 1, mosCq: 4.21234567 };
    const table = rowsOf({}, { ...row, rttMs: 41.5, mouthToEarMs: 100.75, duplicate: Number.NaN });
    expect(parse(secondLine(table, table.length / 2, ENDPOINTS))).toEqual({
      call: 7,
      leg: 0,
      endpoint: 'trunk-b',
      direction: 'received',
      codec: 'PCMU',
      second: 12,
      expected: 50,
      received: 50,
      lost: 2,
      discarded: 1,
      duplicate: null,
      reordered: 0,
      jitterMs: 1,
      rFactor: 93.2,
      mosLq: 4.41,
      mosLqNoPlc: 4.41,
      mosCq: 4.212346,
      mosLqWb: null,
      mosCqWb: null,
      rttMs: 41.5,
      mouthToEarMs: 100.75,
    });
  });

  it('of a wideband codec has its scores under the names of that scale, and of an unknown codec none', () => {
    const wideband = sentRowsOf({ codec: 2, mosLq: 4.3, mosCq: 4.1, mosLqNoPlc: 4.3 });
    expect(parse(secondLine(wideband, 0, ENDPOINTS))).toMatchObject({
      direction: 'sent',
      codec: 'G722',
      mosLq: null,
      mosLqNoPlc: null,
      mosCq: null,
      mosLqWb: 4.3,
      mosCqWb: 4.1,
    });
    expect(parse(secondLine(rowsOf({ codec: Number.NaN }), 0, ENDPOINTS))).toMatchObject({
      codec: null,
      mosLq: null,
      mosLqWb: null,
      rFactor: 93.2,
    });
  });
});

describe('a call', () => {
  const record = recordOf({ call: 7, endpoint: 1, hasMedia: true });

  it('has what both ends received, by whom it is told, and what was odd', () => {
    const received = legsOf({ call: 7, codec: 2, mosLq: 4.3, otherSource: 1, burstR: 1.25, clockSkewPpm: -250.5 });
    const sent = sentLegsOf({ codec: Number.NaN, mosLq: 3.9, lost: 12, discarded: Number.NaN, basis: BASIS.answerer });
    const line = parse(callLine(record, { received, sent }, ENDPOINTS));
    expect(line).toMatchObject({
      call: 7,
      endpoint: 'trunk-b',
      codec: 'G722',
      findings: ['otherSource', 'clockSkew'],
      received: {
        expected: 100,
        mosLq: null,
        mosLqWb: 4.3,
        burstR: 1.25,
        burstMs: null,
        gapMs: 2000,
        clockSkewPpm: -250.5,
        firstPacketMs: 5,
        otherSource: true,
        roundTrip: false,
      },
      sent: {
        packets: 100,
        missed: 0,
        ackToRtpMs: 3,
        basis: 'answerer',
        lost: 12,
        discarded: null,
        mosLq: null,
        mosLqWb: 3.9,
      },
    });
    expect(line).toHaveProperty('hasMedia', true);
  });

  it('of which the far end tells nothing has null in place of its figures, and what we sent all the same', () => {
    const line = parse(callLine(record, { received: legsOf({ call: 7, sent: 99, missed: 1 }), sent: null }, ENDPOINTS));
    expect(line).toMatchObject({
      sent: { packets: 99, missed: 1, basis: null, expected: null, lost: null, mosLq: null },
    });
    const rtcp = parse(callLine(record, { received: legsOf({}), sent: sentLegsOf({}) }, ENDPOINTS));
    expect(rtcp).toMatchObject({ sent: { basis: 'rtcp', lost: 0 } });
  });

  it('without media has neither', () => {
    const line = parse(callLine(failedRecord({ endpoint: 5 }), { received: null, sent: null }, ENDPOINTS));
    expect(line).toMatchObject({ endpoint: null, codec: null, received: null, sent: null, findings: [] });
  });

  it('whose rows hold no finite number holds null, and stays JSON', () => {
    const leg = new Float64Array(LEG.columns).fill(Infinity);
    expect(callLine(record, { received: leg, sent: leg }, ENDPOINTS)).not.toMatch(/NaN|Infinity/);
  });
});
