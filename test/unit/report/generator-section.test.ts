import { expect, test } from 'vitest';
import { healthSentence } from '../../../src/report/generator-health.js';
import { generatorSection } from '../../../src/report/html/generator-section.js';
import { qualitySection } from '../../../src/report/html/quality-section.js';
import { methodSection } from '../../../src/report/html/method-section.js';
import type { GeneratorBlock, Result } from '../../../src/run/result.js';
import { allFailed, badMos, nothingAtAll, oneHour, typicalPass } from './result-fixture.js';

const sectionOf = (result: Result): string =>
  generatorSection(result)
    .body.toString()
    .replaceAll(/(?<=>)\s*\n|\n(?=<)/g, '');
const withGenerator = (change: Partial<GeneratorBlock>): Result => {
  const base = typicalPass();
  return { ...base, generator: { ...base.generator, ...change } };
};
const cellsOf = (html: string, name: string): string | undefined =>
  new RegExp(`<tr><th scope="row">${name}</th><td[^>]*>(.*?)</td>`).exec(html)?.[1];
const figureOf = (html: string, title: string): string =>
  /^[^]*?<\/figure>/.exec(html.slice(html.indexOf(`<strong>${title}`)))?.[0] ?? '';

test('the strip has a chart for each thing that goes wrong, with its limit, unit and table', () => {
  const html = sectionOf(typicalPass());
  const titles = [...html.matchAll(/<figcaption><strong>(.*?)<\/strong>/g)].map((match) => match[1]);
  expect(titles).toEqual(['Send lateness of RTP', 'Event-loop delay', 'CPU of this process']);
  const lateness = figureOf(html, 'Send lateness of RTP');
  expect(lateness).toContain('limit of the run’s p99: 5 ms');
  expect(lateness).toContain('Send lateness of RTP over time, ms');
  expect(lateness).toContain('<tr><th>0:30<td>2.4<td>6.1');
  expect(lateness).toContain('>ms</text>');
  expect(figureOf(html, 'CPU')).toContain('<tr><th>0:30<td>34');
});

test('what was lost has a chart where anything was', () => {
  const { seconds } = typicalPass().generator;
  Object.assign(seconds[30]!, { missedPackets: 2, receiveDrops: 1 });
  expect(figureOf(sectionOf(withGenerator({ seconds })), 'Packets that we lost')).toContain('<tr><th>0:30<td>2<td>1');
});

test('a long run shows the worst second of a column', () => {
  const html = sectionOf(oneHour());
  expect(html).toContain('A column gathers 6 s: the worst second of it.');
  expect(figureOf(html, 'Send lateness of RTP')).toContain('<tr><th>0:30–0:35<td>2.4<td>0.4<td>6.1');
});

test('points of several seconds fill their columns, and packets are by the second', () => {
  const base = typicalPass();
  const point = { ...base.generator.seconds[0]!, missedPackets: 8 };
  const seconds = [0, 4, 8].map((second) => Object.assign({ ...point }, { second }));
  const html = sectionOf({ ...base, generator: { ...base.generator, binSeconds: 4, seconds } });
  expect(html).toContain('A column gathers 4 s');
  expect(figureOf(html, 'Packets that we lost')).toContain('<tr><th>0:04<td>2<td>0');
});

test('without audio, or without any second, it says so and draws nothing', () => {
  expect(sectionOf(allFailed())).toContain('No chart: no packet was timed.');
  const none = sectionOf(nothingAtAll());
  expect(none).toContain('How it went over time: not on record.');
  expect(none).not.toContain('<figure');
});

test('drops that cannot be known are unknown, and never 0', () => {
  const { seconds } = typicalPass().generator;
  const portable = withGenerator({
    netBackend: 'dgram',
    receiveDrops: null,
    receiveDropRatio: null,
    spoiledCallSeconds: null,
    spoiledScoreSeconds: null,
    seconds: seconds.map((row) => Object.assign(row, { receiveDrops: null, missedPackets: 1 })),
  });
  const html = sectionOf(portable);
  expect(cellsOf(html, 'audio datagrams dropped at our sockets')).toMatch(
    /^<span class="none">unknown<small>: the portable/,
  );
  expect(cellsOf(html, 'call-seconds left out because of that')).toContain('unknown');
  expect(html).toContain('Packets that we did not send (drops: unknown)');
  expect(html).not.toContain('dropped at our sockets</span>');
  expect(healthSentence(portable.generator)).toContain('drops at our sockets are unknown with the portable back end');
  const some = withGenerator({ netBackend: 'dgram', receiveDrops: 5, receiveDropRatio: 0.00001 });
  expect(cellsOf(sectionOf(some), 'audio datagrams dropped at our sockets')).toBe('at least 5 (0.001 %)');
});

test('tells how many call-seconds its own drops took, and the method what that means', () => {
  const html = sectionOf(withGenerator({ receiveDrops: 7, spoiledCallSeconds: 3, spoiledScoreSeconds: 11 }));
  expect(cellsOf(html, 'call-seconds left out because of that')).toBe('3');
  expect(cellsOf(html, 'call-seconds left out of the scores alone')).toBe('11');
  const introduction = (spoiledCallSeconds: number) =>
    qualitySection(withGenerator({ spoiledCallSeconds })).body.toString();
  expect(introduction(3)).toContain('3 seconds of legs are left out: this host dropped datagrams in them.');
  expect(introduction(0)).not.toContain('left out');
  expect(methodSection(badMos()).body.toString()).toMatch(
    /totals of the call keep it: they are untrusted where more than 0\.01 %/,
  );
});
