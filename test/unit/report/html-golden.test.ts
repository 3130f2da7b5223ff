/**
 * The whole report of two runs, byte for byte: a change of the page is seen in the change of these files, and nowhere
 * else. `UPDATE_GOLDEN=1 npx vitest run test/unit/report/html-golden.test.ts` writes them anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderReport } from '../../../src/report/html/document.js';
import { badMos, oneCallOneSecond } from './result-fixture.js';

const FOLDER = new URL('golden/', import.meta.url);
const MOST_SHOWN = 5;
const LINE_LENGTH = 160;

/** Where two texts differ, a few lines each; empty where they are the same. */
function differences(expected: string, actual: string): string[] {
  const [before, after] = [expected, actual].map((text) => text.split(/\n|(?=<(?:tr|text|path|figure|section)\b)/));
  if (before === undefined || after === undefined || expected === actual) return [];
  const first = before.findIndex((line, index) => line !== after[index]);
  const at = first === -1 ? before.length : first;
  const show = (lines: readonly string[], sign: string): string[] =>
    lines.slice(at, at + MOST_SHOWN).map((line) => `${sign} ${line.slice(0, LINE_LENGTH)}`);
  return [`piece ${at + 1} of ${before.length}, now ${after.length}`, ...show(before, '-'), ...show(after, '+')];
}

test.each(Object.entries({ badMos, oneCallOneSecond }))('report.html of %s is as it was', (name, fixture) => {
  const file = new URL(`${name}.html`, FOLDER);
  const report = renderReport(fixture());
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, report);
  }
  expect(differences(readFileSync(file, 'utf8'), report)).toEqual([]);
});

test('a difference is shown shortly, with what stood there', () => {
  expect(differences('<p>a\n<tr><td>1<tr><td>2', '<p>a\n<tr><td>1<tr><td>3')).toEqual([
    'piece 3 of 3, now 3',
    '- <tr><td>2',
    '+ <tr><td>3',
  ]);
  expect(differences('a', 'a')).toEqual([]);
  expect(differences('a', 'a\nb')).toEqual(['piece 2 of 1, now 2', '+ b']);
});
