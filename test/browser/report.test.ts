/**
 * `report.html` in a real browser, offline and with JavaScript off: no request, no console error, no overflow, no cut
 * or overlapping text in a chart. With CALLGAUGE_SCREENSHOTS=<folder> each view is also saved there to be looked at.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../src/report/html/document.js';
import { SCREENSHOTS, isMissing, launch, save } from './chromium.js';
import { findFaults, measureContrast } from './page-faults.js';
import { FIXTURES, bothDirections, typicalPass } from '../unit/report/result-fixture.js';

const WIDTHS = [360, 1280, 1920];
const SCHEMES = ['light', 'dark'] as const;

describe.skipIf(isMissing)('report.html in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callgauge-report-'));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, content: string): Promise<{ page: Page; requests: string[]; errors: string[] }> {
    const file = pathToFileURL(join(folder, `${name}.html`));
    await writeFile(file, content);
    const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
    const page = await context.newPage();
    const requests: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(file.href);
    expect(requests).toEqual([file.href]);
    return { page, requests, errors };
  }

  for (const [name, fixture] of Object.entries(FIXTURES)) {
    test(`${name}: fits every width in both colour schemes, makes no request, logs nothing`, async () => {
      const { page, requests, errors } = await open(name, renderReport(fixture()));
      for (const width of WIDTHS) {
        for (const colorScheme of SCHEMES) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme, media: 'screen' });
          expect({ width, colorScheme, faults: await page.evaluate(findFaults) }).toEqual({
            width,
            colorScheme,
            faults: [],
          });
          await save(page, `${name}-${width}-${colorScheme}`);
        }
      }
      expect(requests).toHaveLength(1);
      expect(errors).toEqual([]);
      await page.context().close();
    });
  }

  test('every table twin opens without a script and scrolls inside its own container', async () => {
    const { page } = await open('twins', renderReport(typicalPass()));
    await page.setViewportSize({ width: 360, height: 900 });
    const summaries = page.locator('summary');
    const count = await summaries.count();
    expect(count).toBeGreaterThanOrEqual(8);
    for (let index = 0; index < count; index++) await summaries.nth(index).click();
    expect(await page.locator('details:not([open])').count()).toBe(0);
    expect(await page.evaluate(findFaults)).toEqual([]);
    await page.context().close();
  });

  test('with styles blocked too, charts and tables keep their meaning', async () => {
    const strict = `<head><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:">`;
    const { page } = await open('blocked', renderReport(typicalPass()).replace('<head>', strict));
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect(
        await page.evaluate(() => getComputedStyle(document.body).maxWidth + getComputedStyle(document.body).marginTop),
      ).toBe('none8px');
      // Without a style sheet a wide table may widen the page; texts of charts may still not be cut.
      const faults = await page.evaluate(findFaults);
      expect(faults.filter((fault) => !fault.startsWith('page is'))).toEqual([]);
      const box = await page.locator('svg.chart').first().boundingBox();
      expect(box?.width).toBeGreaterThan(1000); // a figure has a margin of the browser's own
      expect(box?.height).toBe(186);
      await save(page, `blocked-1280-${colorScheme}`);
    }
    await page.context().close();
  });

  test('prints: dark ink on white, within the sheet', async () => {
    const { page } = await open('print', renderReport(bothDirections()));
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width: 718, height: 1000 });
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(0, 0, 0)');
    expect(await page.evaluate(findFaults)).toEqual([]);
    await save(page, 'print');
    const pdf = await page.pdf({ format: 'A4', margin: { top: '12mm', bottom: '12mm', left: '10mm', right: '10mm' } });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    if (SCREENSHOTS !== undefined) await writeFile(join(SCREENSHOTS, 'print.pdf'), pdf);
    await page.context().close();
  });

  test('colour pairs reach AA: 4.5 for text, 3 for marks', async () => {
    const { page } = await open('contrast', renderReport(bothDirections()));
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const ratios = await page.evaluate(measureContrast);
      expect(Math.min(...ratios.text)).toBeGreaterThanOrEqual(4.5);
      expect(Math.min(...ratios.marks)).toBeGreaterThanOrEqual(3);
    }
    await page.context().close();
  });
});
