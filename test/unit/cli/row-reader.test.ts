import { describe, expect, it } from 'vitest';
import { callLine, secondLine } from '../../../src/cli/row-lines.js';
import { readCallLine, readProgressLine, readSecondLine } from '../../../src/cli/row-reader.js';
import { BASIS, LEG, NO_GROUP, ROW, SPOILED } from '../../../src/worker/messages.js';
import { legsOf, notStartedRecord, recordOf, rowsOf, sentLegsOf } from '../run/batches.js';

const NAMES = ['trunk-a', 'trunk-b'];
const ENDPOINTS = new Map(NAMES.map((name, index) => [name, index]));

/** A row in which every column says something else. */
function filled(columns: Readonly<Record<string, number>>, fixed: Readonly<Record<string, number>>): Float64Array {
  const row = Float64Array.from({ length: columns['columns'] ?? 0 }, (_, column) => column + 0.25);
  for (const [name, value] of Object.entries(fixed)) {
    row[columns[name] ?? -1] = value;
  }
  return row;
}

describe('what was written is read back', () => {
  it('a second: every column', () => {
    const fixed = { call: 7, leg: 0, direction: 0, endpoint: 1, codec: 0, second: 12, spoiled: SPOILED.scores };
    const row = filled(ROW, fixed);
    expect(readSecondLine(secondLine(row, 0, NAMES), ENDPOINTS)).toEqual(row);
  });

  it('what this host spoiled of a second, and that it spoiled nothing', () => {
    for (const spoiled of Object.values(SPOILED)) {
      const line = secondLine(rowsOf({ spoiled }), 0, NAMES);
      expect(line.includes('spoiled')).toBe(spoiled !== SPOILED.nothing);
      expect(readSecondLine(line, ENDPOINTS)?.[ROW.spoiled]).toBe(spoiled);
    }
  });

  it('a call: its record, and every column of what it received', () => {
    const record = recordOf({
      call: 7,
      endpoint: 1,
      calledGroup: 0,
      hasMedia: true,
      heldBack: true,
      detail: 'said "no"',
    });
    const flags = { reflected: 1, otherSource: 0, expectsAudio: 1, basis: Number.NaN, srtpSuite: 4 };
    const received = filled(LEG, { call: 7, direction: 0, endpoint: 1, codec: 0, ...flags });
    const sent = sentLegsOf({ call: 7, endpoint: 1, codec: 0, lost: 3, basis: BASIS.answerer });
    expect(readCallLine(callLine(record, { received, sent }, NAMES), ENDPOINTS)).toEqual({ record, received, sent });
  });

  it('a call for which there was no user: no endpoint is named, and it is of none', () => {
    const record = notStartedRecord({ call: 7, endpoint: NO_GROUP, cause: 'noFreeUser' });
    const line = callLine(record, { received: null, sent: null }, NAMES);
    expect(JSON.parse(line)).toMatchObject({ call: 7, endpoint: null });
    expect(readCallLine(line, ENDPOINTS)?.record).toEqual(record);
    expect(readCallLine(line.replace('"endpoint":null', '"endpoint":"else"'), ENDPOINTS)).toBeNull();
  });

  it('the keys of a call, and nothing where they are not as they must be', () => {
    const dtmf = {
      sent: [{ digits: '12#', startMs: 1500.5, method: 'rfc4733' as const }],
      received: [
        { digit: '4', startMs: 2000, durationMs: 99.5, method: 'inband' as const },
        { digit: '5', startMs: 2200, durationMs: null, method: 'info' as const },
      ],
      receivedBeyond: 3,
      mismatch: { expected: '456', received: '45' },
    };
    const line = callLine(recordOf({ dtmf }), { received: null, sent: null }, NAMES);
    expect(readCallLine(line, ENDPOINTS)?.record.dtmf).toEqual(dtmf);
    for (const [from, to] of [
      ['"digit":"4"', '"digit":"44"'],
      ['"inband"', '"smoke"'],
      ['"receivedBeyond":3', '"receivedBeyond":-3'],
      ['"startMs":1500.5', '"startMs":"x"'],
      ['"mismatch":{', '"mismatch":7,"x":{'],
    ] as const) {
      expect(line).toContain(from);
      expect(readCallLine(line.replace(from, to), ENDPOINTS)?.record).toMatchObject({ call: 0, dtmf: null });
    }
  });

  it('what the marker in the audio said', () => {
    for (const marker of ['confirmed', 'contradicted', 'notHeard', null] as const) {
      const line = callLine(recordOf({ marker }), { received: null, sent: null }, NAMES);
      expect(readCallLine(line, ENDPOINTS)?.record.marker).toBe(marker);
      expect(readCallLine(line.replace('"marker":"', '"marker":"x'), ENDPOINTS)?.record.marker).toBeNull();
    }
  });

  it('the transfers of a call, and nothing where they are not as they must be', () => {
    const asked = { to: '<sip:a@192.0.2.1>', detail: null, askedMs: 10.5, answeredMs: null };
    const transfers = {
      asked: 3,
      first: [
        { ...asked, outcome: 'refused' as const, sipStatus: 603, cause: 'transferTarget', detail: 'sent "away"' },
        { ...asked, outcome: 'answered' as const, sipStatus: 200, cause: null, answeredMs: 99 },
      ],
    };
    const line = callLine(recordOf({ transfers }), { received: null, sent: null }, NAMES);
    expect(readCallLine(line, ENDPOINTS)?.record.transfers).toEqual(transfers);
    for (const [from, to] of [
      ['"outcome":"refused"', '"outcome":"smoke"'],
      ['"asked":3', '"asked":1'],
      ['"asked":3', '"asked":1.5'],
      ['"sipStatus":603', '"sipStatus":6030'],
      ['"askedMs":10.5', '"askedMs":"x"'],
      ['"to":"<sip:a@192.0.2.1>"', '"to":7'],
      ['"first":[{', '"first":[7,{'],
    ] as const) {
      expect(line).toContain(from);
      expect(readCallLine(line.replace(from, to), ENDPOINTS)?.record).toMatchObject({ call: 0, transfers: null });
    }
  });

  it('a call without media, and one that was never started', () => {
    for (const record of [recordOf(), notStartedRecord()]) {
      const line = callLine(record, { received: null, sent: null }, NAMES);
      expect(readCallLine(line, ENDPOINTS)).toEqual({ record, received: null, sent: null });
    }
  });

  it('a wideband score stays one', () => {
    const row = rowsOf({ codec: 2, mosLq: 4.3, mosCq: 4.1, mosLqNoPlc: Number.NaN });
    const read = readSecondLine(secondLine(row, 0, NAMES), ENDPOINTS);
    expect([read?.[ROW.codec], read?.[ROW.mosLq], read?.[ROW.mosCq]]).toEqual([2, 4.3, 4.1]);
  });
});

describe('a line that is not as it must be is null', () => {
  const second = JSON.parse(secondLine(rowsOf({ call: 1 }), 0, NAMES)) as object;
  const call = JSON.parse(callLine(recordOf(), { received: legsOf({}), sent: null }, NAMES)) as object;

  it.each([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['an unknown endpoint', JSON.stringify({ ...second, endpoint: '__proto__' })],
    ['a second without end', JSON.stringify({ ...second, second: 1e12 })],
    ['a negative call', JSON.stringify({ ...second, call: -1 })],
    ['no direction', JSON.stringify({ ...second, direction: 'toString' })],
  ])('of a second: %s', (_, text) => expect(readSecondLine(text, ENDPOINTS)).toBeNull());

  it.each([
    ['an outcome that is none', { outcome: 'lost' }],
    ['an end beyond all time', { endedMs: 1e15 }],
    ['a status that is none', { sipStatus: 42 }],
    ['a cause that is an object', { cause: {} }],
    ['a Call-ID without end', { callId: 'x'.repeat(5000) }],
  ])('of a call: %s', (_, change) => {
    expect(readCallLine(JSON.stringify({ ...call, ...change }), ENDPOINTS)).toBeNull();
  });

  it.each([
    ['an unknown kind', { type: 'other' }],
    ['counters that are none', { type: 'signalling', worker: 0, second: 1, intended: -5 }],
    ['more calls than any run has', { type: 'signalling', worker: 0, second: 1, intended: 1e12 }],
    ['no figures', { type: 'media', worker: 0 }],
    ['a state of text', { type: 'state', elapsedMs: '5', cpuSeconds: 1 }],
  ])('of the progress: %s', (_, line) => expect(readProgressLine(JSON.stringify(line))).toBeNull());
});
