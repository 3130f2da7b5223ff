import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SCRIPT, SCRIPT_HASH } from '../../../src/report/html/script/script.js';
import { FINDINGS } from '../../../src/run/leg-findings.js';
import { escapeHtml, html } from '../../../src/report/html/markup.js';
import { renderReport as renderLines } from '../../../src/report/html/document.js';
import { gateLimits, mosLimits } from '../../../src/report/html/gate-limits.js';
import { markupFaults } from './markup-check.js';
import type { Result } from '../../../src/run/result.js';
import {
  FIXTURES,
  allFailed,
  badMos,
  bothDirections,
  hostile,
  nothingAtAll,
  oneCallOneSecond,
  oneHour,
  oneHourBothDirections,
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
  'odd-streams',
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

  test('has one script, its own, and refers to nothing outside itself', () => {
    expect(report.match(/<script/g)).toHaveLength(1);
    expect(report).not.toMatch(
      /https?:\/\/|url\((?!#)|@import|\ssrc=|\shref="(?!#|evidence\/call-\d+\.(?:txt|pcapng|wav)")|\son[a-z]+="|\sstyle="|<link|<iframe|fetch\(|XMLHttp|import\(|eval\(/i,
    );
  });

  test('has its sections in the order in which a reader asks, and numbers everywhere', () => {
    expect([...report.matchAll(/<section id="([a-z-]+)"/g)].map((match) => match[1])).toEqual(SECTIONS);
    expect(report.indexOf('<h1>')).toBeLessThan(report.indexOf('<section'));
    expect(report.replace(/<script>[^]*<\/script>/, '')).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test('gives the same bytes again', () => expect(renderReport(fixture())).toBe(report));

  test('names every chart, and gives each a table with its figures', () => {
    const figures = report.match(/<figure[^]*?<\/figure>/g) ?? [];
    for (const figure of figures) {
      if (figure.includes('No chart:')) continue;
      expect(figure.match(/<svg\s+class="(?:chart|heat)"\s+role="img"[^>]*><title>[^<]+<\/title>/g)).not.toBeNull();
      expect(figure).toMatch(/<details><summary[^>]*>[^]*<caption>[^<]+<\/caption>[^]*<tr><th>[^<]+<td>/);
    }
  });
});

const valuesOf = (limits: readonly { value: number }[]): number[] =>
  limits.map(({ value }) => Math.round(value * 10) / 10);

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
    const silent = nothingAtAll();
    const nothing = renderReport({ ...silent, load: { ...silent.load, achieved: 0 } });
    expect(nothing).toContain('Not measured: success: no call was attempted.');
    const crashed = renderReport({ ...silent, load: { ...silent.load, achieved: 20 } });
    expect(crashed).toContain('no call has ended, so none has a record.');
    expect(nothing).toContain('No chart: the run has no second on record.');
    expect(nothing).not.toMatch(/<svg[^>]*role="img"/);
  });

  test('the content policy names the hash of the script, and no other may run', () => {
    const { script = '' } = /<script>(?<script>[^]*)<\/script>/.exec(renderLines(typicalPass()))?.groups ?? {};
    expect(script).toBe(SCRIPT);
    expect(SCRIPT_HASH).toBe(`sha256-${createHash('sha256').update(script).digest('base64')}`);
    expect(renderLines(typicalPass())).toContain(`script-src '${SCRIPT_HASH}';`);
  });

  test('one second still makes every chart', () => {
    expect(renderReport(oneCallOneSecond()).match(/<figure/g)).toHaveLength(14);
    expect(renderReport(oneCallOneSecond()).match(/No chart/g)).toHaveLength(1); // the fixture has no second of an endpoint
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
      'loss.p95 <= 1%',
    ]) {
      expect(limitsOf(expr)).toEqual([]);
    }
  });

  test('limits are drawn of the directions and the scale that a chart shows', () => {
    const [gate] = badMos().gates;
    if (gate === undefined) throw new Error('no gate');
    const gates = ['mos.p5 >= 3.6', 'mos_lq{direction=sent}.p5 >= 3.5', 'mos_lq_wb.p5 >= 3.4'].map((expr, index) =>
      Object.assign({ ...gate }, { expr, limit: 3.6 - index / 10 }),
    );
    expect(valuesOf(mosLimits(gates, 'narrowband', ['received']))).toEqual([3.6]);
    expect(valuesOf(mosLimits(gates, 'narrowband', ['sent']))).toEqual([3.5]);
    expect(valuesOf(mosLimits(gates, 'narrowband', ['received', 'sent']))).toEqual([3.6, 3.5]);
    expect(valuesOf(mosLimits(gates, 'wideband', ['received', 'sent']))).toEqual([3.4]);
  });

  test('seconds without a score leave a gap in the line', () => {
    const result = typicalPass();
    const seconds = result.seconds.map((row) =>
      row.second >= 20 && row.second < 30 ? { ...row, received: null } : row,
    );
    const [, mos = ''] =
      /<title>MOS-LQ over time[^]*?(<path d="[^"]*" fill="none" vector-effect="non-scaling-stroke" class="main")/.exec(
        renderReport({ ...result, seconds }),
      ) ?? [];
    expect(mos.match(/M/g)).toHaveLength(2);
  });

  test('stays small: 155 KB for a minute at most, 2 MB for an hour, at most 600 columns', () => {
    expect(renderReport(nothingAtAll()).length).toBeLessThan(50 * 1024);
    expect(renderReport(typicalPass()).length).toBeLessThan(115 * 1024);
    // Each direction and scale has charts of its own: two codecs and both directions are the most there can be.
    expect(renderReport(bothDirections()).length).toBeLessThan(155 * 1024);
    expect(renderReport(oneHourBothDirections()).length).toBeLessThan(2 * 1024 * 1024);
    const hour = renderReport(oneHour());
    expect(hour.length).toBeLessThan(2 * 1024 * 1024);
    expect(hour.match(/<tr><th>0:00–0:05<td>/g)).toHaveLength(9);
    expect(hour).toContain('<tr><th>59:54–59:59<td>');
  });
});

const cellsOf = (row: string): string[] =>
  [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map(([, cell = '']) =>
    cell.replaceAll(/<br \/>/g, ' ').replaceAll(/<[^>]+>/g, ''),
  );
const titlesOf = (report: string): string[] =>
  [...report.matchAll(/<figcaption><strong>(.*?)<\/strong>/g)].map(([, title = '']) => title);
const sectionOf = (report: string, id: string): string =>
  new RegExp(`<section id="${id}"[^]*?</section>`).exec(report)?.[0] ?? '';

describe('both directions', () => {
  const report = renderReport(bothDirections());
  const unknown = renderReport(typicalPass());

  test('stand beside each other in the key numbers, with the round trip, each scale by itself', () => {
    const numbers = sectionOf(report, 'key-numbers');
    expect([...numbers.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title)).toEqual([
      'Calls',
      'Outcome and load',
      'Audio received',
      'Audio sent',
      'Round trip',
      'Call setup',
    ]);
    for (const label of ['MOS-LQ p5', 'MOS-LQ wideband p5', 'RTT p95', 'MOS-CQ p5', 'MOS-CQ wideband p5']) {
      expect(numbers).toContain(`<dt>${label}</dt>`);
    }
    expect(numbers).toMatch(/<dt>jitter p95 of this host alone<\/dt><dd>0.3 ms<\/dd>/);
  });

  test('are drawn together over time, and one scale never with the other', () => {
    expect(titlesOf(report)).toEqual([
      'Call starts',
      'Active calls',
      'MOS-LQ',
      'MOS-LQ wideband',
      'Packet loss',
      'Jitter',
      'Round trip',
      'Legs measured',
      'MOS-LQ histogram, received, call-seconds',
      'MOS-LQ cumulative share, received',
      'MOS-LQ histogram, sent, reports',
      'MOS-LQ cumulative share, sent',
      'MOS-LQ wideband histogram, received, call-seconds',
      'MOS-LQ wideband cumulative share, received',
      'MOS-LQ wideband histogram, sent, reports',
      'MOS-LQ wideband cumulative share, sent',
      'Send lateness of RTP',
      'Event-loop delay',
      'CPU of this process',
    ]);
    const figures = sectionOf(report, 'quality').match(/<figure[^]*?<\/figure>/g) ?? [];
    const withSent = figures.filter((figure) => figure.includes('class="sent"'));
    expect(titlesOf(withSent.join(''))).toEqual([
      'MOS-LQ',
      'MOS-LQ wideband',
      'Packet loss',
      'Jitter',
      'Legs measured',
    ]);
    expect(sectionOf(report, 'distribution')).toMatch(/MOS-LQ, scale MOS-LQEN[^]*MOS-LQ wideband, scale MOS-LQEW/);
  });

  test('of an endpoint are in one row, its codecs by their legs, its scores with their scale', () => {
    const rows = sectionOf(report, 'endpoints').match(/<tr>[^]*?<\/tr>/g) ?? [];
    const audio = rows.map(cellsOf).filter((cells) => cells.length === 11);
    expect(audio[1]?.slice(0, 2)).toEqual(['trunk-a', 'PCMU × 100 G722 × 100']);
    expect(audio[1]?.[2]).toMatch(/^4\.\d\d N 4\.\d\d W$/);
    expect(audio[1]?.[6]).toMatch(/^\d\.\d\d N \d\.\d\d W$/);
    expect(audio[2]?.[2]).toMatch(/^4\.\d\d W$/);
    expect(audio[2]?.slice(6)).toEqual(Array.from({ length: 5 }, () => 'not measured'));
  });

  test('of called users stand apart, by their own labels', () => {
    const result = bothDirections();
    const [first, ...others] = result.endpoints;
    if (first?.quality.sent == null) throw new Error('no endpoint with figures of the sent direction');
    expect(sectionOf(report, 'endpoints')).not.toContain('called users');
    const { perCall, packets } = first.quality.sent;
    const called = { legs: 41, perCall, packets: { ...packets, expected: 1000, lost: 25 } };
    const own = sectionOf(renderReport({ ...result, endpoints: [{ ...first, called }, ...others] }), 'endpoints');
    const rows = (own.match(/<tr>[^]*?<\/tr>/g) ?? []).map(cellsOf).filter((cells) => cells.length === 6);
    expect(rows[1]?.slice(0, 2)).toEqual([first.name, '41']);
    expect(rows[1]?.[4]).toBe('2.5 %');
  });

  test('of a bad call are two lines of its row, with what was odd', () => {
    const rows = (sectionOf(report, 'worst-calls').match(/<tr>[^]*?<\/tr>/g) ?? []).map(cellsOf);
    expect(rows[0]).toContain('Direction');
    expect(rows[1]?.slice(0, 4)).toEqual(['#1', 'PCMU', 'received sent', '3.89 3.49']);
    expect(rows[6]?.slice(2, 4)).toEqual(['received', '3.99']); // nobody told
    expect(rows[4]?.join()).toContain('completed otherSource, clockSkew, rtcpMissing');
    expect((sectionOf(unknown, 'worst-calls').match(/<tr>[^]*?<\/tr>/g) ?? []).map(cellsOf)[0]).not.toContain(
      'Direction',
    );
  });

  test('where nothing is known of one, say so in a sentence and draw nothing', () => {
    const why = 'not measured, no RTCP from the far end.';
    expect(sectionOf(unknown, 'quality')).toContain(`Sent audio: ${why}`);
    expect(sectionOf(unknown, 'quality')).toContain('No chart: no RTCP from the far end.');
    expect(sectionOf(unknown, 'quality')).not.toContain('class="sent"');
    expect(sectionOf(unknown, 'distribution')).toContain(`Sent audio: ${why}`);
    expect(sectionOf(unknown, 'method')).toContain(`What the far end received from us: ${why}`);
    expect(sectionOf(unknown, 'method')).toContain(`mouth-to-ear delay: ${why}`);
    expect(sectionOf(report, 'method')).not.toContain('What is unknown');
  });
});

describe('odd streams', () => {
  test('are listed with legs, share, example and meaning', () => {
    const section = sectionOf(renderReport(bothDirections()), 'odd-streams');
    const rows = (section.match(/<tr>[^]*?<\/tr>/g) ?? []).map(cellsOf);
    expect(rows).toHaveLength(1 + FINDINGS.length);
    expect(rows[9]?.slice(1)).toEqual(['9', '3.6 %', 'call #24']);
    expect(rows[9]?.[0]).toMatch(/^clockSkew The far end&#39;s audio clock differs .* 200 ppm/);
  });

  test('are none, or not known, in a sentence', () => {
    expect(sectionOf(renderReport(typicalPass()), 'odd-streams')).toContain('None: every stream');
    expect(sectionOf(renderReport(allFailed()), 'odd-streams')).toContain('Not known: no call was answered.');
  });
});

test('the method says which legs were encrypted, over all endpoints', () => {
  const result = bothDirections();
  const [first, ...others] = result.endpoints;
  if (first === undefined) throw new Error('no endpoint');
  const encrypted = { ...first, srtp: [{ suite: 'AEAD_AES_128_GCM', legs: 1200 }] };
  const report = renderReport({ ...result, endpoints: [encrypted, encrypted, ...others] });
  expect(sectionOf(report, 'method')).toContain('Encrypted audio (SRTP): <bdi>AEAD_AES_128_GCM on 2');
  expect(sectionOf(renderReport(result), 'method')).not.toContain('SRTP');
});

test('the method names every codec with its scale and source, and what the delay is made of', () => {
  const method = sectionOf(renderReport(bothDirections()), 'method');
  expect((method.match(/<tr>[^]*?<\/tr>/g) ?? []).map(cellsOf).slice(1)).toEqual([
    ['PCMU', 'narrowband (MOS-LQEN, MOS-CQEN)', '0', '25.1', 'ITU-T G.113, with concealment'],
    ['G722', 'wideband (MOS-LQEW, MOS-CQEW)', '13', '4.5', 'ITU-T G.113 App. IV (provisional: ITU-T published none)'],
  ]);
  for (const part of [
    'Ta = RTT/2 + 60 ms',
    'BurstR: ',
    'Echo: <bdi>none',
    'A = 0',
    'Sent direction: ',
    'RTCP interval: ',
  ]) {
    expect(method).toContain(part);
  }
});

describe('how INVITEs ended', () => {
  test('stands with RFC 6076 names, each ratio with what it is of', () => {
    const base = typicalPass();
    const counts = {
      attempts: 100,
      redirected: 3,
      ser: 80 / 97,
      seer: 87 / 97,
      isa: 0.08,
      scr: 0.79,
      asr: 0.8,
      ner: 0.87,
    };
    const section = sectionOf(renderReport({ ...base, signalling: { ...base.signalling, ...counts } }), 'setup');
    const rows = (section.match(/<tr>[^]*?<\/tr>/g) ?? []).map(cellsOf);
    const shown = rows
      .filter(([name]) => /^(SER|SEER|ISA|SCR|ASR|NER),/.test(name ?? ''))
      .map((cells) => cells.slice(1));
    expect(shown).toEqual([
      ['82.5 %', '97'],
      ['89.7 %', '97'],
      ['8 %', '100'],
      ['79 %', '100'],
      ['80 %', '100'],
      ['87 %', '100'],
    ]);
  });

  test('is said to be unknown where no call was attempted', () => {
    expect(sectionOf(renderReport(nothingAtAll()), 'setup')).toContain('How INVITEs ended is not known');
  });
});
