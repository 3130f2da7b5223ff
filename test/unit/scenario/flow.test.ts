/** The course of the calls in a document: steps, caller identity, extensions, expectations. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { callLengthMs, codecsOfCalls, expectsKeys, stepsMs } from '../../../src/scenario/flow-plan.js';
import { expectedPeak } from '../../../src/scenario/peak.js';
import { checkSafety } from '../../../src/scenario/safety.js';
import { FILE, good, HEAD, linesOf } from './documents.js';

const flowOf = (call: string) => good(`${HEAD}call:\n${call}`).call.flow;
/** Problem lines without the place in the file. */
const wrong = (call: string): string[] =>
  linesOf(`${HEAD}call:\n${call}`).map((line) => line.slice(FILE.length + 1).replace(/^\d+:\d+ /, ''));

const ALL = `  hold: 5s
  expect:
    status: answered
    headers: { Server: "Asterisk*" }
    sdp: { codec: PCMA, direction: sendrecv }
  steps:
    - wait: 3s
    - hold: 5s
    - resume
    - reinvite: { codec: PCMA }
    - reinvite
    - update
    - update: { codec: G722 }
    - info: { type: application/dtmf-relay, body: "Signal=5\\nDuration=160" }
    - refer: sip:1002@192.0.2.10
  lateOffer: true
  reliableProvisional: required
  sessionTimer: { expires: 30m, refresher: uas, minSE: 90s }
  followRedirects: 2
  acceptTransfer: true
  from: { user: "+4930123456", displayName: Test caller, domain: example.com }
  assertedIdentity: tel:+4930123456
  privacy: [id, critical]
  headers: { X-Run: nightly }
`;

describe('the course of a call', () => {
  it('is plain where nothing is said', () => {
    expect(good(HEAD).call.flow).toEqual({
      steps: [],
      lateOffer: false,
      reliableProvisional: 'supported',
      sessionTimer: null,
      followRedirects: 0,
      acceptTransfer: false,
      marker: false,
      from: { user: null, displayName: null, domain: null },
      assertedIdentity: null,
      privacy: [],
      headers: {},
      expect: null,
    });
  });

  it('is read in all its parts', () => {
    expect(flowOf(ALL)).toEqual({
      steps: [
        { kind: 'wait', ms: 3000 },
        { kind: 'hold', ms: 5000 },
        { kind: 'resume' },
        { kind: 'reinvite', codec: 'PCMA' },
        { kind: 'reinvite', codec: null },
        { kind: 'update', codec: null },
        { kind: 'update', codec: 'G722' },
        { kind: 'info', contentType: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=160' },
        { kind: 'refer', to: 'sip:1002@192.0.2.10', user: '1002', host: '192.0.2.10' },
      ],
      lateOffer: true,
      reliableProvisional: 'required',
      sessionTimer: { expiresMs: 1_800_000, refresher: 'uas', minSeMs: 90_000 },
      followRedirects: 2,
      acceptTransfer: true,
      marker: false,
      from: { user: '+4930123456', displayName: 'Test caller', domain: 'example.com' },
      assertedIdentity: 'tel:+4930123456',
      privacy: ['id', 'critical'],
      headers: { 'X-Run': 'nightly' },
      expect: { headers: { Server: 'Asterisk*' }, codec: 'PCMA', direction: 'sendrecv', dtmf: null },
    });
  });

  it('is written back so that it loads as the same', () => {
    const scenario = good(`${HEAD}call:\n${ALL}`);
    const again = good(stringify(scenarioDocument(scenario)));
    expect(again.call).toEqual(scenario.call);
    expect(scenarioDocument(good(HEAD))['call']).toEqual({
      hold: '10s',
      ringTimeout: '32s',
      figures: true,
      expect: 'answered',
    });
  });

  it('keeps a reference in place of what it stands for', () => {
    const text = `${HEAD}call: { from: { user: "\${env:CALLER}" }, headers: { X-Run: "\${env:CALLER}" } }\n`;
    const scenario = good(text, { CALLER: '+49301' });
    expect(scenario.call.flow.from.user).toBe('+49301');
    expect(scenarioDocument(scenario)['call']).toMatchObject({
      from: { user: '${env:CALLER}' },
      headers: { 'X-Run': '${env:CALLER}' },
    });
  });

  it.each([
    ['steps: [{ dtmf: "${env:PIN}" }, { expectDtmf: "${env:PIN}" }]', '0'],
    ['steps: [{ dtmf: { digits: "${env:PIN}", tone: 60ms } }, { expectDtmf: { digits: "${env:PIN}" } }]', ''],
    ['expect: { dtmf: "${env:PIN}" }', ''],
  ])('takes a PIN from the environment, leading zero or not, and leaves it out of the document: %s', (call, zero) => {
    const text = `${HEAD}call: { ${call} }\n`;
    const pin = `${zero}4711`;
    const scenario = good(text, { PIN: pin });
    expect(JSON.stringify(scenario.call.flow)).toContain(`"${pin}"`);
    const written = JSON.stringify(scenarioDocument(scenario));
    expect(written).not.toContain('4711');
    expect(written).toContain('${env:PIN}');
    expect(good(stringify(scenarioDocument(scenario)), { PIN: pin }).call).toEqual(scenario.call);
  });

  it('presses keys, and expects some', () => {
    const text =
      '  steps:\n    - dtmf: "12#"\n    - dtmf: { digits: "0a", method: inband, tone: 60ms, gap: 40ms }\n    - expectDtmf: "45"\n    - expectDtmf: { digits: "*", within: 2s }\n';
    const flow = flowOf(text);
    expect(flow.steps).toEqual([
      { kind: 'dtmf', digits: '12#', method: 'rfc4733', toneMs: 100, gapMs: 80, ms: 540 },
      { kind: 'dtmf', digits: '0A', method: 'inband', toneMs: 60, gapMs: 40, ms: 200 },
      { kind: 'expectDtmf', digits: '45', ms: 5000 },
      { kind: 'expectDtmf', digits: '*', ms: 2000 },
    ]);
    expect(expectsKeys(flow)).toBe(true);
    expect(expectsKeys(flowOf('  steps: [{ dtmf: "1" }]\n'))).toBe(false);
    const whole = flowOf('  expect: { dtmf: "456" }\n');
    expect([whole.expect?.dtmf, expectsKeys(whole)]).toEqual(['456', true]);
    for (const each of [text, '  expect: { dtmf: "456" }\n']) {
      const scenario = good(`${HEAD}call:\n${each}`);
      expect(good(stringify(scenarioDocument(scenario))).call).toEqual(scenario.call);
    }
  });

  it('has names for ready-made steps', () => {
    expect(flowOf('  steps: hold-resume\n').steps).toEqual([
      { kind: 'wait', ms: 2000 },
      { kind: 'hold', ms: 3000 },
      { kind: 'resume' },
      { kind: 'wait', ms: 2000 },
    ]);
  });

  it('a status alone is the whole expectation', () => {
    expect(good(`${HEAD}call: { expect: 486 }\n`).call).toMatchObject({ expect: 486, flow: { expect: null } });
  });
});

describe('what is wrong with it', () => {
  it.each<[string, string[]]>([
    ['  steps:\n    - { wait: 1s, bye: true }\n', ['call.steps[0]: expected one thing to do, got wait and bye']],
    [
      '  steps:\n    - dtmf: 123\n    - dtmf: { digits: "1x", tone: 30ms }\n    - expectDtmf: ""\n    - dtmf: { digits: "1", method: sip }\n',
      [
        'call.steps[0].dtmf.digits: expected at most 64 keys of 0-9, *, #, A-D, in quotes, got 123',
        'call.steps[1].dtmf.digits: expected at most 64 keys of 0-9, *, #, A-D, in quotes, got "1x"',
        'call.steps[1].dtmf.tone: expected a duration like 10s, at least 40ms, got "30ms"',
        'call.steps[2].expectDtmf.digits: expected at most 64 keys of 0-9, *, #, A-D, in quotes, got ""',
        'call.steps[3].dtmf.method: expected rfc4733 or info or info-plain or inband, got "sip"',
      ],
    ],
    ['  expect: { status: 486, dtmf: "1" }\n', ['call.expect.dtmf: expected no keys where no answer is expected']],
    [
      '  expect: { dtmf: "1" }\n  steps: [{ expectDtmf: "1" }]\n',
      ['call.expect.dtmf: expected either the keys of the whole call here, or steps that wait for keys (expectDtmf)'],
    ],
    [
      '  steps: [{ dtmf: "1" }, { dtmf: { digits: "1", method: info } }]\nmedia: false\n',
      ['call.steps[0].dtmf: expected method info: without media no keys go as audio'],
    ],
    ['  steps:\n    - {}\n', ['call.steps[0]: expected one thing to do, got none']],
    ['  steps:\n    - resum\n', ['call.steps[0].resum: unknown key "resum" (did you mean "resume"?)']],
    ['  steps:\n    - bye\n    - resume\n', ['call.steps[0]: expected bye as the last step: it ends the call']],
    ['  steps:\n    - wait: soon\n', ['call.steps[0].wait: expected a duration like 10s, got "soon"']],
    ['  steps:\n    - refer: loopback\n', ['call.steps[0].refer: expected a SIP URI, got loopback']],
    ['  steps: transfer\n', ['call.steps: expected a list, got "transfer"']],
    ['  headers: { Via: x }\n', ['call.headers.Via: expected another header: Via is of the call itself']],
    ['  headers: { m: x }\n', ['call.headers.m: expected another header: m is of the call itself']],
    [
      '  headers: { "a b": x }\n',
      ['call.headers["a b"]: expected a header name of at most 64 letters, digits and the marks of RFC 3261'],
    ],
    [
      '  headers: { X-A: "a\\r\\nVia: x" }\n',
      [
        'call.headers: expected at most 32 headers, each with a value of 1 to 512 characters on one line, got a mapping',
      ],
    ],
    [
      '  sessionTimer: { expires: 60s }\n',
      ['call.sessionTimer.expires: expected whole seconds from 90s to 24h, got "60s"'],
    ],
    [
      '  sessionTimer: { expires: 90s, minSE: 2m }\n',
      ['call.sessionTimer.minSE: expected at most the interval that is asked for (expires)'],
    ],
    [
      '  assertedIdentity: "sip:a@b>,<sip:c"\n',
      [
        'call.assertedIdentity: expected a URI like sip:+4930123456@example.com or tel:+4930123456, got "sip:a@b>,<sip:c"',
      ],
    ],
    [
      '  privacy: secret\n',
      ['call.privacy: expected header, session, user, id, none, critical, or a list of them, got "secret"'],
    ],
  ])('%j', (call, lines) => {
    expect(wrong(call)).toEqual(lines);
  });
});

const lengthOf = (steps: string): number => callLengthMs(good(`${HEAD}call:\n  hold: 10s\n  steps: ${steps}\n`).call);

describe('how long a call lasts', () => {
  it('is its hold time, or its steps where they take longer, or until a step ends it', () => {
    expect(lengthOf('[{ wait: 3s }, { hold: 5s }]')).toBe(10_000);
    expect(lengthOf('[{ wait: 3s }, { hold: 9s }, resume]')).toBe(12_000);
    expect(lengthOf('[{ wait: 3s }, bye]')).toBe(3000);
    expect(stepsMs([{ kind: 'wait', ms: 1 }, { kind: 'resume' }, { kind: 'hold', ms: 2 }])).toBe(3);
  });

  it('is what the expected peak counts with', () => {
    const asked: number[] = [];
    const scenario = good(`${HEAD}call:\n  hold: 10s\n  steps: [{ wait: 60s }]\n`);
    expectedPeak(scenario, {
      peakActive: (ms) => {
        asked.push(ms);
        return 1;
      },
    });
    expect(asked[0]).toBe(60_000);
  });
});

it('the codecs of a run are those that are offered and those that steps change to', () => {
  const { codecs, call } = good(`${HEAD}call:\n${ALL}`);
  expect(codecsOfCalls(codecs, call.flow)).toEqual(['PCMU', 'PCMA', 'G722']);
});

const problemsOf = (uri: string, extra = ''): string[] =>
  checkSafety(good(`${HEAD}call: { steps: [{ refer: "${uri}" }] }\n${extra}`), () => [], 1).map(({ code }) => code);

describe('a transfer', () => {
  it('is held to the rules of every destination', () => {
    expect(problemsOf('sip:1002@10.0.0.3')).toEqual([]);
    expect(problemsOf('sip:1002@8.8.8.8')).toEqual(['public-address']);
    expect(problemsOf('sip:1002@pbx.example')).toEqual(['public-address']);
    expect(problemsOf('sip:1002@pbx.example', 'safety: { authorised: true }\n')).toEqual([]);
    expect(problemsOf('sip:1002@10.0.0.3', 'safety: { allow: [192.0.2.0/24] }\n')).toEqual(['not-allowed']);
    expect(problemsOf('sip:112@10.0.0.3')).toEqual(['emergency-number']);
  });
});
