import { describe, expect, it } from 'vitest';
import { parseGates } from '../../../src/gates/check.js';
import { NumberRedactor } from '../../../src/run/redaction.js';
import { redactCall, redactorOf, redactTexts } from '../../../src/run/redacted-result.js';
import { resultSchema } from '../../../src/run/result.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { bothDirections, typicalPass } from '../report/result-fixture.js';
import { recordOf } from './batches.js';
import { failures, worstCall } from '../report/worst-call-fixture.js';

function scenarioOf(text: string) {
  const { scenario } = loadScenario(`version: 1\nname: x\n${text}`, { file: 'x.yaml', env: { USER: 'anna.k' } });
  if (scenario === null) throw new Error('no scenario');
  return scenario;
}

describe('a redacted result', () => {
  it('is a result, with its figures and times as they were, even where a number is a year or stands in a histogram', () => {
    const base = bothDirections();
    const histogram = base.signalling.setupDelayMs?.histogram ?? '';
    const digits = /\d{4,}/.exec(histogram)?.[0] ?? '0000';
    const redactor = new NumberRedactor(['2026', digits]);
    const hidden = redactTexts({ ...base, reasons: ['2026 calls to sip:2026@h'] }, redactor);
    expect(resultSchema.parse(hidden)).toEqual(hidden);
    expect(hidden.startedAt).toBe(base.startedAt);
    expect(hidden.signalling.setupDelayMs).toEqual(base.signalling.setupDelayMs);
    expect(hidden.calls).toEqual(base.calls);
    expect(hidden.reasons).toEqual(['***1 calls to sip:***1@h']);
  });

  it.each([
    ["callgauge run --user 600 --target 'sip:600;x@h'", "callgauge run --user ***1 --target 'sip:***1@h'"],
    ['callgauge run --user=anna', 'callgauge run --user=***1'],
    ["callgauge run --user 'a b'", 'callgauge run --user ***1'],
  ])('hides the user in %s', (command, expected) => {
    expect(redactTexts({ command }, new NumberRedactor())).toEqual({ command: expected });
  });

  it('keeps the reference in place of a user, and hides a user that was written out, however short', () => {
    const document = { auth: { user: '${env:PBX_USER}' }, endpoints: [{ auth: { user: '12' } }] };
    expect(redactTexts(document, new NumberRedactor())).toEqual({
      auth: { user: '${env:PBX_USER}' },
      endpoints: [{ auth: { user: '***1' } }],
    });
  });
});

describe('names and gates', () => {
  it('hides numbers in the names of labels and in their values, whatever those names are', () => {
    const labels = { 'line-4930123456': 'x', path: '4930123456', user: 'rome' };
    const hidden = redactTexts({ endpoints: [{ labels }] }, new NumberRedactor(['4930123456']));
    expect(hidden.endpoints[0]?.labels).toEqual({ 'line-***1': 'x', path: '***1', user: 'rome' });
  });

  it('leaves gates that a rebuild reads and finds their endpoints and labels by', () => {
    const scenario = scenarioOf(
      'redact: numbers\nendpoints:\n' +
        '  - { name: "n4930123456", target: "sip:4930123456@192.168.1.1", labels: { p4930123456: a } }\n' +
        '  - { name: "b", target: "sip:1000@192.168.1.1" }\n' +
        'gates: ["active_calls.max >= 1000", "success_ratio{endpoint=n4930123456,p4930123456=a} >= 99%"]\n',
    );
    const redactor = redactorOf(scenario);
    if (redactor === null) throw new Error('no redactor');
    const given = {
      inputs: scenario.gates?.map(({ expr }) => expr) ?? [],
      context: { endpoints: ['n4930123456', 'b'], labels: { p4930123456: ['a'] }, codecs: ['PCMU'] },
    };
    const hidden = redactTexts(given, redactor);
    expect(JSON.stringify(hidden)).not.toContain('30123456');
    const { gates, problems } = parseGates(hidden.inputs, hidden.context);
    expect(problems).toEqual([]);
    expect(gates.map(({ limit, query }) => [limit, query.tags])).toEqual([
      [1000, {}],
      [0.99, { endpoint: 'n***1', 'p***1': 'a' }],
    ]);
  });
});

describe('the redactor of a scenario', () => {
  it('is none unless the scenario asks for one', () => {
    expect(redactorOf(scenarioOf('target: sip:4930123@192.168.1.1\n'))).toBeNull();
  });

  it('knows the numbers that are called and the users that call, as words too, by reference as well', () => {
    const redactor = redactorOf(
      scenarioOf(
        'redact: numbers\nauth: { user: "${env:USER}", password: x }\nendpoints:\n' +
          '  - { name: a, target: "sip:+4930123@192.168.1.1" }\n' +
          '  - { name: b, target: "sip:echo@192.168.1.1", auth: { user: "4930999", password: y } }\n',
      ),
    );
    expect(redactor?.text('4930123, anna.k and 4930999 hear an echo')).toBe('***1, ***2 and ***3 hear an echo');
  });
});

describe('the row of a call', () => {
  it('has no number in what the network said: the detail, and where the far side wanted to transfer to', () => {
    const redactor = new NumberRedactor(['4930123456']);
    const transfer = {
      to: '<sip:+4915112345678@192.0.2.1>',
      outcome: 'failed',
      sipStatus: 404,
      cause: 'notFound',
      detail: 'no 4930123456 here',
      askedMs: 5,
      answeredMs: null,
    } as const;
    const record = recordOf({ detail: 'to 4930123456', transfers: { asked: 1, first: [transfer] } });
    expect(redactCall(record, redactor)).toEqual({
      ...record,
      detail: 'to ***1',
      transfers: { asked: 1, first: [{ ...transfer, to: '<sip:***2@192.0.2.1>', detail: 'no ***1 here' }] },
    });
  });
});

describe('a result without numbers', () => {
  it('still leads to the files of its calls, though a call has the number of a user', () => {
    const call = worstCall({ call: 1001, evidence: 'evidence/call-1001.txt', detail: 'try 1001 later' });
    const result = { ...typicalPass(), worstCalls: [call], evidence: failures(call) };
    const hidden = redactTexts(result, new NumberRedactor(['1001']));
    expect(hidden.worstCalls[0]).toMatchObject({ evidence: 'evidence/call-1001.txt', detail: 'try ***1 later' });
    expect(hidden.evidence).toMatchObject({
      files: [{ path: 'evidence/call-1001.txt' }],
      failures: [{ example: { evidence: 'evidence/call-1001.txt', detail: 'try ***1 later' } }, { example: null }],
    });
  });
});
