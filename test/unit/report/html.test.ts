import { describe, expect, test } from 'vitest';
import { escapeHtml, html } from '../../../src/report/html/markup.js';
import { renderReport as renderLines } from '../../../src/report/html/document.js';
import { gateLimits } from '../../../src/report/html/gate-limits.js';
import { markupFaults } from './markup-check.js';
import type { Result } from '../../../src/run/result.js';
import {
  FIXTURES,
  allFailed,
  badMos,
  hostile,
  nothingAtAll,
  oneCallOneSecond,
  oneHour,
  typicalPass,
} from './result-fixture.js';

const SECTIONS = [
  'gates',
  'key-numbers',
  'load',
  'quality',
  'distribution',
  'responses',
  'causes',
  'setup',
  'endpoints',
  'worst-calls',
  'generator',
  'method',
  'reproduce',
];

/** The report without the newlines between its tags. */
function renderReport(result: Result): string {
  return renderLines(result).replaceAll(/(?<=>)\s*\n|\n(?=<)/g, '');
}

describe.each(Object.entries(FIXTURES))('report.html of %s', (name, fixture) => {
  const startedAt = performance.now();
  const report = renderReport(fixture());
  process.stdout.write(`${name}: ${report.length} characters, ${Math.round(performance.now() - startedAt)} ms\n`);

  test('is well-formed', () => expect(markupFaults(report)).toEqual([]));

  test('has no script and refers to nothing outside itself', () => {
    expect(report).not.toMatch(
      /<script|https?:\/\/|url\(|@import|\ssrc=|\shref="(?!#)|\son[a-z]+="|\sstyle="|<link|<iframe/i,
    );
  });

  test('has its sections in the order in which a reader asks, and numbers everywhere', () => {
    expect([...report.matchAll(/<section id="([a-z-]+)"/g)].map((match) => match[1])).toEqual(SECTIONS);
    expect(report.indexOf('<h1>')).toBeLessThan(report.indexOf('<section'));
    expect(report).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test('gives the same bytes again', () => expect(renderReport(fixture())).toBe(report));

  test('names every chart, and gives each a table with its figures', () => {
    const figures = report.match(/<figure>[^]*?<\/figure>/g) ?? [];
    for (const figure of figures) {
      if (figure.includes('No chart:')) continue;
      expect(figure.match(/<svg\s+role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/g)).toHaveLength(2);
      expect(figure).toMatch(/<details><summary>[^]*<caption>[^<]+<\/caption>[^]*<th scope="row">/);
    }
  });
});

describe('report.html', () => {
  test('network text arrives escaped, whatever it holds', () => {
    const report = renderReport(hostile());
    expect(report).toContain(
      '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;/style&gt;&amp;#x0;⟨U+202E⟩evil⟨U+2066⟩⟨U+000A⟩⟨U+001B⟩[2J⟨U+0000⟩&#96;&#39;',
    );
    expect(report).not.toMatch(/alert\(1\)<|<\/style>[^]*<\/style>/);
    expect(report.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('the html tag escapes what is not markup', () => {
    expect(html`<b title="${'"<&\u202E'}">${html`<i>${'x>y'}</i>`}${[html`<u></u>`, 1]}</b>`.toString()).toBe(
      '<b title="&quot;&lt;&amp;⟨U+202E⟩"><i>x&gt;y</i><u></u>1</b>',
    );
    expect(escapeHtml('a\r\n\u0085\uFEFF')).toBe('a⟨U+000D⟩⟨U+000A⟩⟨U+0085⟩⟨U+FEFF⟩');
  });

  test('verdict and gate states are told by symbol and word; failures first', () => {
    const report = renderReport(badMos());
    expect(report).toMatch(/<h1><span class="verdict">✕ FAIL<\/span>/);
    const states = [...report.matchAll(/<span class="state [a-z]+">(.*?)<\/span>/g)].map((match) => match[1]);
    expect(states).toEqual(['✕ FAIL', '▲ WARNING', '◆ UNTRUSTED', '◆ NO DATA', '✓ PASS', '▲ STRAINED']);
  });

  test('null is "not measured" with the reason, never 0, and a chart without data says why', () => {
    const failed = renderReport(allFailed());
    expect(failed).toContain('<dt>MOS-LQ p50</dt><dd><span class="none short">not measured</span></dd>');
    expect(failed).toContain('Not measured: no call was answered.');
    expect(failed).toContain('No chart: no call was answered.');
    const nothing = renderReport(nothingAtAll());
    expect(nothing).toContain('not measured<small>: no call was attempted');
    expect(nothing).toContain('No chart: the run has no second on record.');
    expect(nothing).not.toMatch(/<svg\s+role="img"/);
  });

  test('one second still makes every chart', () => {
    expect(renderReport(oneCallOneSecond()).match(/<figure>/g)).toHaveLength(8);
    expect(renderReport(oneCallOneSecond())).not.toContain('No chart');
  });

  test('limits of gates on the MOS of all legs are drawn, narrower ones are not', () => {
    expect(renderReport(badMos())).toMatch(/class="limit"/);
    const [gate] = badMos().gates;
    const limitsOf = (expr: string) =>
      gateLimits(gate === undefined ? [] : [{ ...gate, expr, limit: 3.6 }], ['mos', 'mos_lq']);
    expect(limitsOf('mos.p5 >= 3.6')).toHaveLength(1);
    expect(limitsOf('mos_lq{direction=received,per=second}.p5 >= 3.6')).toHaveLength(1);
    for (const expr of [
      'mos{per=call}.p5 >= 3.6',
      'mos{endpoint=a}.p5 >= 3.6',
      'mos.below(3.6) <= 1%',
      'baseline.mos.p50 >= -0.05',
      'loss.p95 <= 1%',
    ]) {
      expect(limitsOf(expr)).toEqual([]);
    }
  });

  test('seconds without a score leave a gap in the line', () => {
    const result = typicalPass();
    const seconds = result.seconds.map((row) =>
      row.second >= 20 && row.second < 30 ? { ...row, received: null } : row,
    );
    const [, mos = ''] =
      /<title>MOS-LQ over time[^]*?(<path d="[^"]*" fill="none" stroke-width="2" class="main")/.exec(
        renderReport({ ...result, seconds }),
      ) ?? [];
    expect(mos.match(/M/g)).toHaveLength(2);
  });

  test('stays small: 150 KB for a minute, 2 MB for an hour, at most 600 columns', () => {
    expect(renderReport(typicalPass()).length).toBeLessThan(150 * 1024);
    const hour = renderReport(oneHour());
    expect(hour.length).toBeLessThan(2 * 1024 * 1024);
    expect(hour.match(/<tr><th scope="row">0:00–0:05<\/th>/g)).toHaveLength(6);
    expect(hour).toContain('<th scope="row">59:54–59:59</th>');
  });
});
