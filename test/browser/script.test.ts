/** What the script of the report adds, by mouse and by keyboard, under the content policy that the report carries. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../src/report/html/document.js';
import { bothDirections, hostile, typicalPass } from '../unit/report/result-fixture.js';
import { isMissing, launch } from './chromium.js';

const viewBoxes = async (page: Page): Promise<string[]> =>
  await page
    .locator('.plot')
    .evaluateAll((plots) =>
      plots.filter((plot) => plot.closest('[data-span]') !== null).map((plot) => plot.getAttribute('viewBox') ?? ''),
    );

/** Of a delay as it stands in a table. */
const inMs = (text: string): number => Number.parseFloat(text.replace(',', '')) * (text.endsWith(' ms') ? 1 : 1000);

describe.skipIf(isMissing)('the script of the report', () => {
  let browser: Browser;
  let folder: string;
  const errors: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callgauge-script-'));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(content: string, fragment = ''): Promise<Page> {
    const file = pathToFileURL(join(folder, 'report.html'));
    await writeFile(file, content);
    const page = await (await browser.newContext({ viewport: { width: 1366, height: 900 } })).newPage();
    errors.length = 0;
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(file.href)) errors.push(`request: ${request.url()}`);
    });
    await page.goto(file.href + fragment);
    return page;
  }

  test('shows the values of one second in all charts over time, by mouse and by keys', async () => {
    const page = await open(renderReport(typicalPass()));
    const chart = page.locator('svg.chart').nth(2);
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 80);
    const times = await page.locator('.at').allTextContents();
    expect(new Set(times).size).toBe(1);
    expect(times[0]).toMatch(/^0:[23]\d$/);
    // What it shows is what the table twin of that chart has for this second.
    const figure = page.locator('figure[data-span]').nth(2);
    const cells = await figure
      .locator('details tr', { has: page.locator(`th:text-is("${times[0]}")`) })
      .locator('td')
      .allTextContents();
    expect(await figure.locator('.value').first().textContent()).toBe(cells[0]);

    await chart.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(new Set(await page.locator('.at').allTextContents())).toEqual(new Set(['0:02']));
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/^0:02: received, median \d\.\d\d/);
    expect(await chart.getAttribute('aria-valuenow')).toBe('2');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('zooms all charts over time by a drag or by plus, and shows all again by Escape, button or double click', async () => {
    const page = await open(renderReport(typicalPass()));
    const all = await viewBoxes(page);
    const chart = page.locator('svg.chart').nth(2);
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox())!;
    const drag = async (): Promise<void> => {
      await page.mouse.move(box.x + box.width * 0.3, box.y + 80);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 80, { steps: 3 });
      await page.mouse.up();
    };
    await drag();
    const zoomed = await viewBoxes(page);
    expect(new Set(zoomed.map((viewBox) => viewBox.split(' ').slice(0, 1).join())).size).toBe(1);
    for (const viewBox of zoomed) {
      const [from, , width] = viewBox.split(' ').map(Number);
      expect(from).toBeGreaterThan(8);
      expect(width).toBeLessThan(30);
    }
    await page.getByRole('button', { name: 'Reset zoom' }).click();
    expect(await viewBoxes(page)).toEqual(all);
    await drag();
    await page.mouse.dblclick(box.x + box.width / 2, box.y + 80);
    expect(await viewBoxes(page)).toEqual(all);
    await chart.focus();
    await page.keyboard.press('+');
    expect(await viewBoxes(page)).not.toEqual(all);
    await page.keyboard.press('Escape');
    expect(await viewBoxes(page)).toEqual(all);
    await page.context().close();
  });

  test('sorts tables by number with what is unknown last, and says so', async () => {
    const page = await open(renderReport(bothDirections()));
    const table = page.locator('#setup table').first();
    const column = async (): Promise<string[]> => await table.locator('tbody tr td:nth-child(5)').allTextContents();
    const header = table.locator('th', { hasText: 'p95' });
    await header.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
    const up = (await column()).map(inMs);
    expect(up).toEqual(up.toSorted((a, b) => a - b));
    await page.keyboard.press('Enter');
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    expect((await column()).map(inMs)).toEqual(up.toReversed());

    const audio = page.locator('#endpoints table', { hasText: 'Audio per endpoint' });
    const sent = audio.locator('th', { hasText: 'Sent: MOS-LQ p50' });
    for (const order of ['ascending', 'descending']) {
      await sent.getByRole('button').click();
      expect(await sent.getAttribute('aria-sort')).toBe(order);
      expect(await audio.locator('tbody tr:last-child td:nth-child(7)').textContent()).toBe('not measured');
    }
    await page.context().close();
  });

  test('filters the worst calls', async () => {
    const page = await open(renderReport(bothDirections()));
    const rows = page.locator('#worst-calls tbody tr');
    const count = await rows.count();
    await page.getByLabel('Filter worst calls').fill('clockskew');
    expect(await rows.filter({ visible: true }).count()).toBe(1);
    await page.getByLabel('Filter worst calls').fill('');
    expect(await rows.filter({ visible: true }).count()).toBe(count);
    await page.context().close();
  });

  test('opens what a link leads to', async () => {
    const report = renderReport(typicalPass()).replace(
      '<footer>',
      '<details><summary>x</summary><p id="call-7">seven</p></details><footer>',
    );
    const page = await open(report, '#call-7');
    expect(await page.locator('#call-7').isVisible()).toBe(true);
    await page.context().close();
  });

  test('changes the theme, and remembers it', async () => {
    const page = await open(renderReport(typicalPass()));
    const paper = async (): Promise<string> =>
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await paper()).toBe('rgb(255, 255, 255)');
    await page.getByLabel('Theme').selectOption('dark');
    expect(await paper()).toBe('rgb(17, 21, 25)');
    await page.reload();
    expect(await paper()).toBe('rgb(17, 21, 25)');
    await page.getByLabel('Theme').selectOption('light');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await paper()).toBe('rgb(255, 255, 255)');
    await page.context().close();
  });

  test('lets no text of the network run, however hostile', async () => {
    const page = await open(renderReport(hostile()));
    page.on('dialog', (dialog) => errors.push(`dialog: ${dialog.message()}`));
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('#worst-calls tbody tr').count()).toBe(8);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
