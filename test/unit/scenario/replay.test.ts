import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/lib/errors.js';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { applyOverrides } from '../../../src/scenario/overrides.js';
import { checkReplay, ptimeOf, usedBy } from '../../../src/scenario/replay.js';
import { good, HEAD, linesOf } from './documents.js';

const ILBC = '{ file: talk.rtpdump, rtpmap: iLBC/8000, payloadType: 97, ptime: 30ms, fmtp: mode=30 }';
const G729 = '{ file: g729.raw, packetBytes: 20, rtpmap: G729/8000, payloadType: 18, ie: 10, bpl: 19 }';
const OPUS = '{ file: o.rtpdump, rtpmap: opus/48000/2, payloadType: 111 }';
const text = (codec: string, ...entries: string[]): string =>
  `${HEAD}codec: ${codec}\nreplay: [${entries.join(', ')}]\n`;

const lines = (document: string): string[] => checkReplay(good(document)).map(({ message }) => message);

describe('codecs that are not built in', () => {
  it('are described once, and offered by their names in any case', () => {
    const scenario = good(text('[ilbc, pcma]', ILBC, G729));
    expect(scenario.codecs).toEqual(['ILBC', 'PCMA']);
    expect(scenario.replay).toMatchObject([
      { name: 'ILBC', encoding: 'iLBC', clockRate: 8000, channels: 1, payloadType: 97, ptimeMs: 30, fmtp: 'mode=30' },
      { name: 'G729', packetBytes: 20, ptimeMs: 20, ie: 10, bpl: 19, scale: 'narrowband' },
    ]);
    expect(usedBy(scenario).map(({ name }) => name)).toEqual(['ILBC']);
    expect(ptimeOf(scenario)).toBe(30);
  });

  it('begin where the scenario lies, and are wideband from 16 kHz on', () => {
    const scenario = good(text('OPUS', OPUS));
    expect(scenario.replay[0]).toMatchObject({
      channels: 2,
      scale: 'wideband',
      ie: null,
      bpl: null,
      packetBytes: null,
    });
    expect(scenario.replay[0]?.path).toMatch(/o\.rtpdump$/);
  });

  it('need no description for Opus, which is encoded here unless it was captured', () => {
    expect(usedBy(good(`${HEAD}codec: opus\n`))).toMatchObject([
      { name: 'OPUS', path: null, clockRate: 48_000, ie: null },
    ]);
    expect(usedBy(good(text('OPUS', OPUS)))).toMatchObject([{ name: 'OPUS', fmtp: null }]);
    expect(usedBy(good(HEAD))).toEqual([]);
  });

  it('stand in the document of the result as they were written, and not at all where there is none', () => {
    expect(scenarioDocument(good(text('G729', G729)))).toMatchObject({
      codec: 'G729',
      replay: [{ packetBytes: 20, rtpmap: 'G729/8000', payloadType: 18, ptime: '20ms', ie: 10, bpl: 19 }],
    });
    expect(scenarioDocument(good(HEAD))).not.toHaveProperty('replay');
  });

  it('may be chosen by --codec', () => {
    const base = good(text('PCMU', G729));
    expect(applyOverrides(base, { codec: 'g729' }).scenario?.codecs).toEqual(['G729']);
    expect(applyOverrides(base, { codec: 'AMR' }).problems.map(formatProblem)).toEqual([
      '--codec: expected PCMU, PCMA, G722, OPUS or an encoding of `replay`, got "AMR" (any other codec is played from captured payloads: describe it under `replay`)',
    ]);
  });

  it.each([
    [
      'one that is nowhere',
      text('[G729, AMR]', G729),
      'scenarios/peak.yaml:4:15 codec[1]: expected PCMU, PCMA, G722, OPUS or an encoding of `replay` (any other codec is played from captured payloads: describe it under `replay`)',
    ],
    [
      'Ie without Bpl',
      text('PCMU', '{ file: a, rtpmap: X/8000, payloadType: 99, ie: 1 }'),
      'scenarios/peak.yaml:5:10 replay[0]: expected "ie" and "bpl" together, got one of them',
    ],
    [
      'a codec that is built in',
      text('PCMU', '{ file: a, rtpmap: pcmu/8000, payloadType: 99 }'),
      'scenarios/peak.yaml:5:21 replay[0].rtpmap: expected an encoding that is neither built in nor described above',
    ],
    [
      'the same twice',
      text('PCMU', OPUS, OPUS),
      'scenarios/peak.yaml:5:90 replay[1].rtpmap: expected an encoding that is neither built in nor described above',
    ],
    [
      'a map that is none',
      text('PCMU', '{ file: a, rtpmap: X, payloadType: 99 }'),
      'scenarios/peak.yaml:5:21 replay[0].rtpmap: expected an encoding and its clock like G729/8000, got "X"',
    ],
    [
      'a payload type that looks like RTCP',
      text('PCMU', '{ file: a, rtpmap: X/8000, payloadType: 72 }'),
      'scenarios/peak.yaml:5:37 replay[0].payloadType: expected a payload type from 0 to 127 that is none of 0, 8, 9, 13 and 101, nor from 64 to 95, got 72',
    ],
    [
      'a packet time beyond all use',
      text('PCMU', '{ file: a, rtpmap: X/8000, payloadType: 99, ptime: 5ms }'),
      'scenarios/peak.yaml:5:54 replay[0].ptime: expected a packet time from 10ms to 60ms, in whole ms, got "5ms"',
    ],
  ])('%s is a problem', (_, document, line) => expect(linesOf(document)).toEqual([line]));

  it('may be expected, and changed to, and must be known there too', () => {
    const call = 'call: { expect: { sdp: { codec: g729 } }, steps: [{ reinvite: { codec: G729 } }] }\n';
    const scenario = good(text('PCMU', G729) + call);
    expect(scenario.call.flow).toMatchObject({ expect: { codec: 'G729' }, steps: [{ codec: 'G729' }] });
    expect(usedBy(scenario).map(({ name }) => name)).toEqual(['G729']);
    const unknown = 'call: { expect: { sdp: { codec: AMR } }, steps: [update, { update: { codec: EVS } }] }\n';
    expect(linesOf(HEAD + unknown).map((line) => line.split(' (any')[0])).toEqual([
      'scenarios/peak.yaml:4:26 call.expect.sdp.codec: expected PCMU, PCMA, G722, OPUS or an encoding of `replay`',
      'scenarios/peak.yaml:4:70 call.steps[1].update.codec: expected PCMU, PCMA, G722, OPUS or an encoding of `replay`',
    ]);
  });

  it('share a clock and a packet time, or nothing could change within a call', () => {
    expect(lines(text('[OPUS, PCMU]', OPUS))).toEqual([
      'expected codecs of one RTP clock, got OPUS (48000 Hz) and PCMU (8000 Hz)',
    ]);
    expect(lines(text('[ILBC, G729]', ILBC, G729))).toEqual(['expected codecs of one ptime, got several']);
    expect(lines(text('[ILBC, PCMU]', ILBC, G729, OPUS))).toEqual([]);
    expect(lines(HEAD)).toEqual([]);
    const inBand = "call: { steps: [{ dtmf: { digits: '1', method: inband } }] }\n";
    expect(lines(text('G729', G729) + inBand)).toEqual([
      'expected keys by rfc4733 or INFO beside G729, got inband: no tone can be put into its packets',
    ]);
    expect(lines(HEAD + inBand)).toEqual([]);
  });

  it('of Opus come in packets of the ptime that is asked for, where Opus has such frames', () => {
    for (const ptime of [10, 20, 40, 60]) {
      const scenario = good(`${HEAD}codec: OPUS\nptime: ${ptime}ms\n`);
      expect([checkReplay(scenario), ptimeOf(scenario)]).toEqual([[], ptime]);
    }
    expect(lines(`${HEAD}codec: OPUS\nptime: 30ms\n`)).toEqual([
      'expected 10ms, 20ms, 40ms or 60ms, as packets of OPUS may be, got 30ms',
    ]);
    expect(lines(`${text('OPUS', OPUS)}ptime: 30ms\n`)).toEqual([
      'expected 20ms, as the packets of OPUS have, got 30ms',
    ]);
    expect(lines(`${text('[G729, PCMU]', G729)}ptime: 40ms\n`)).toEqual([
      'expected 20ms, as the packets of G729 have, got 40ms',
    ]);
    expect(lines(`${text('ILBC', ILBC)}ptime: 30ms\n`)).toEqual([]);
    expect(lines(`${text('PCMU', G729)}ptime: 40ms\n`)).toEqual([]);
  });
});
