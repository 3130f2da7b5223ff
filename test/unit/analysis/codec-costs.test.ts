import { describe, expect, it } from 'vitest';
import { costOf, knownCodecNames, parseGivenCost, type GivenCost } from '../../../src/analysis/codec-costs.js';
import { end } from '../capture/packets.js';
import { Tape } from './captures.js';

const NONE = new Map<string, GivenCost>();
const given = (text: string): ReadonlyMap<string, GivenCost> => {
  const cost = parseGivenCost(text);
  if (cost === null) throw new Error(`not read: ${text}`);
  return new Map([[cost.codec, cost]]);
};

describe('what a user says of a codec', () => {
  it.each([
    ['G729:ie=11,bpl=19', { codec: 'G729', ie: 11, bpl: 19, scale: null }],
    ['amr-wb:ie=13,bpl=4.5,scale=Wideband', { codec: 'AMR-WB', ie: 13, bpl: 4.5, scale: 'wideband' }],
    ['X:ie=0,bpl=0.1,scale=narrowband', { codec: 'X', ie: 0, bpl: 0.1, scale: 'narrowband' }],
  ])('%s', (text, expected) => {
    expect(parseGivenCost(text)).toEqual(expected);
  });

  it.each([
    '',
    'G729',
    'G729:ie=11',
    'G729:bpl=19,ie=11',
    'G729:ie=130,bpl=19',
    'G729:ie=11,bpl=0',
    'G729:ie=1,bpl=1,scale=x',
  ])('refuses %s', (text) => {
    expect(parseGivenCost(text)).toBeNull();
  });
});

describe('what a codec costs', () => {
  // ITU-T G.113 App. I: G.729A + VAD 11 and 19; GSM-EFR 5 and 10.
  it.each([
    ['G729', 8000, { ie: 11, bpl: 19, scale: 'narrowband', provisional: false }],
    ['GSM-EFR', 8000, { ie: 5, bpl: 10, scale: 'narrowband', provisional: false }],
    ['PCMU', 8000, { ie: 0, bpl: 25.1, scale: 'narrowband' }],
    ['G722', 8000, { ie: 13, bpl: 4.5, scale: 'wideband' }],
  ])('%s as published', (name, clockRate, expected) => {
    expect(costOf({ name, clockRate }, 20, NONE)).toMatchObject(expected);
  });

  it('is unknown where nobody published it', () => {
    expect(costOf({ name: 'OPUS', clockRate: 48_000 }, 20, NONE)).toBeUndefined();
    expect(costOf({ name: 'AMR-WB', clockRate: 16_000 }, 20, NONE)).toBeUndefined();
  });

  it('is what the user says, on the scale of its clock unless he says otherwise', () => {
    const costs = given('AMR-WB:ie=13,bpl=4.5');
    expect(costOf({ name: 'AMR-WB', clockRate: 16_000 }, 20, costs)).toMatchObject({ ie: 13, scale: 'wideband' });
    expect(costOf({ name: 'X', clockRate: 8000 }, 20, given('X:ie=3,bpl=9'))).toMatchObject({ scale: 'narrowband' });
    const without = costOf({ name: 'PCMU', clockRate: 8000 }, 20, given('PCMU:ie=0,bpl=4.3'));
    expect(without).toMatchObject({ bpl: 4.3, source: 'as --impairment gives them' });
  });

  it('is shown of each stream', () => {
    const other = { payloadType: 97, from: end('192.0.2.2', 4000), ssrc: 2 };
    const { streams } = new Tape().stream(0, 200, { payloadType: 18 }).stream(1, 200, other).analyse();
    // G.107: R = 93.2062 − 11 = 82.2, so MOS = 1 + 0.035·82.2062 + 82.2062·22.2062·17.7938·7e-6 = 4.1046.
    expect(streams[0]).toMatchObject({ codec: 'G729', impairment: { ie: 11, bpl: 19 } });
    expect(streams[0]?.mosLq).toBeCloseTo(4.1046, 3);
    expect(streams[1]).toMatchObject({ codec: null, impairment: null, mosLq: null });
  });
});

it('names that a gate may mean', () => {
  const names = knownCodecNames(given('X:ie=3,bpl=9'), [{ name: 'Y', clockRate: 8000 }]);
  expect(names).toEqual(expect.arrayContaining(['PCMU', 'G722', 'G729', 'DVI4', 'X', 'Y']));
  expect(new Set(names).size).toBe(names.length);
});
