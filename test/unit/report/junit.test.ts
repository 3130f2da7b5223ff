import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { renderJunit } from '../../../src/report/junit.js';
import { escapeXml, xmlAttributes } from '../../../src/report/xml.js';
import type { Result } from '../../../src/run/result.js';
import { FIXTURES, badMos, hostile, nothingAtAll, typicalPass } from './result-fixture.js';
import { gitlabCases, junitFaults, parseXml } from './xml-check.js';

function casesOf(result: Result) {
  return gitlabCases(parseXml(renderJunit(result)));
}

describe('junit.xml', () => {
  test.each(Object.entries(FIXTURES))('%s: well-formed, by the schema, and its counts are right', (_, fixture) => {
    const root = parseXml(renderJunit(fixture()));
    expect(junitFaults(root)).toEqual([]);
    const cases = gitlabCases(root);
    const [suite] = root.children;
    for (const element of [root, suite]) {
      expect(element?.attributes.get('tests')).toBe(String(cases.length));
      expect(element?.attributes.get('failures')).toBe(String(cases.filter((one) => one.status === 'failed').length));
      expect(element?.attributes.get('errors')).toBe(String(cases.filter((one) => one.status === 'error').length));
    }
    expect(cases.length).toBe(fixture().gates.length + 1);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it('has a testcase per gate with its state, and what failed in words', () => {
    const [first] = badMos().gates;
    const skipped = { ...first!, expr: 'rtt.p95 <= 50ms', state: 'not-evaluated' as const, reason: 'no leg had it' };
    const cases = casesOf({ ...badMos(), gates: [...badMos().gates, skipped, { ...skipped, severity: 'warn' }] });
    expect(cases.map(({ name, status }) => [name, status])).toEqual([
      ['run', 'success'],
      ['success_ratio >= 99%', 'success'],
      ['mos.p5 >= 3.6', 'failed'],
      ['loss.p95 <= 1%', 'success'],
      ['jitter.p95 <= 20ms', 'error'],
      ['rtt.p95 <= 50ms', 'error'],
      ['rtt.p95 <= 50ms (2)', 'skipped'],
      ['rtt.p95 <= 50ms (3)', 'skipped'],
    ]);
    expect(cases[2]?.output).toBe(
      'fail: observed 3.02, limit 3.60, margin −0.58, 2,900 samples, seconds 0 to 59, first in second 4',
    );
    expect(cases[5]?.output).toContain('observed nothing');
    expect(cases[5]?.output).toContain('(not measured: no RTCP)');
    expect(cases[0]).toMatchObject({ suite: 'peak hour to trunk A', classname: 'callgauge.peak hour to trunk A' });
    const warned = parseXml(renderJunit(badMos())).children[0]?.children.filter(({ name }) => name === 'testcase')[3];
    expect(warned?.children.map(({ name, text }) => [name, text])).toEqual([
      ['system-out', 'warning, fail: observed 5.1 %, limit 1 %, margin −4.1 %, 2,900 samples, seconds 0 to 59'],
    ]);
  });

  test.each([
    ['crashed', 1, 'worker 1 died'],
    ['could-not-run', 5, 'port in use'],
    ['interrupted', 130, 'stopped by SIGINT'],
    ['inconclusive', 4, '3 calls were not placed'],
  ] as const)('a run that is %s is an error, whatever its gates say', (verdict, exitCode, reason) => {
    for (const gates of [[], typicalPass().gates]) {
      const [run] = casesOf({ ...typicalPass(), verdict, exitCode, reasons: [reason], gates });
      expect(run).toMatchObject({ name: 'run', status: 'error', output: reason });
    }
  });

  it('tells verdict, target and report as properties', () => {
    const [suite] = parseXml(renderJunit(typicalPass())).children;
    const properties = suite?.children.find(({ name }) => name === 'properties')?.children ?? [];
    const table = new Map(properties.map(({ attributes }) => [attributes.get('name'), attributes.get('value')]));
    expect(table.get('run')).toBe('peak hour to trunk A');
    expect(table.get('verdict')).toBe('pass');
    expect(table.get('report')).toBe('report.html');
    const [endpoint] = typicalPass().endpoints;
    expect(table.get(`target.${endpoint?.name}`)).toBe(endpoint?.target);
    expect(suite?.attributes.get('timestamp')).toBe('2026-11-20T14:03:22');
    expect(suite?.attributes.get('time')).toBe('60.000');
  });

  it('a run of nothing at all is a suite of one error', () => {
    expect(casesOf(nothingAtAll())).toHaveLength(1);
    expect(casesOf(nothingAtAll())[0]?.status).toBe('error');
  });

  it('names no attachment that a far side chose', () => {
    const reasons = ['[[ATTACHMENT|/etc/passwd]]', '[[[ATTACHMENT|x]]'];
    expect(renderJunit({ ...hostile(), reasons, warnings: reasons })).not.toMatch(/\[\[ATTACHMENT/i);
  });
});

describe('the escaper of XML', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        ']]>',
        '<',
        '&',
        '"',
        "'",
        '\0',
        '\u001B',
        '\uD800',
        '\uDFFF',
        '\uFFFE',
        '\uFFFF',
        '\n',
        'a',
      ),
    }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  );

  it('makes any text fit for an element and an attribute, and keeps what can be printed', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const document = `<?xml version="1.0" encoding="UTF-8"?>\n<a${xmlAttributes({ b: text })}>${escapeXml(text)}</a>`;
        const read = parseXml(document);
        expect(read.children).toEqual([]);
        expect([...read.attributes.keys()]).toEqual(['b']);
        expect(read.text).toBe(read.attributes.get('b'));
        const printable = text.replaceAll(/[^\u{20}-\u{7E}]/gu, '');
        expect(read.text.replaceAll(/⟨[^⟩]*⟩|[^\u{20}-\u{7E}]/gu, '')).toBe(printable);
      }),
      { numRuns: 500 },
    );
  });

  it('any name and reason stays in its place', () => {
    const base = badMos();
    fc.assert(
      fc.property(anything, (text) => {
        const gates = base.gates.map((gate) => ({ ...gate, expr: text, reason: text }));
        const root = parseXml(renderJunit({ ...base, name: text, reasons: [text], gates }));
        expect(junitFaults(root)).toEqual([]);
        expect(gitlabCases(root)).toHaveLength(6);
      }),
      { numRuns: 100 },
    );
  });
});
