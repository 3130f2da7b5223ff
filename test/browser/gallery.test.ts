/**
 * The report of whole runs, as readers meet it: phone, laptop and wide screen, light, dark and print. Checked by machine:
 * nothing sticks out, overlaps or is cut, units on axes, contrast, axe. With CALLGAUGE_SCREENSHOTS=<folder> each view is
 * also saved there to be looked at.
 */
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../src/report/html/document.js';
import { SIMULATED } from '../unit/report/simulated-run.js';
import { isMissing, launch, save } from './chromium.js';
import { findFaults, measureContrast } from './page-faults.js';

/** A width has one layout in both schemes, and a scheme the same colours at each width. */
const VIEWS = [
  [390, 'dark'],
  [1366, 'light'],
  [1366, 'dark'],
  [1920, 'light'],
] as const;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe.skipIf(isMissing)('the report of a run', () => {
  let browser: Browser;
  let axe: string;
  beforeAll(async () => {
    browser = await launch();
    axe = await readFile(AXE, 'utf8');
  });
  afterAll(async () => await browser?.close());

  for (const [name, result] of Object.entries(SIMULATED)) {
    test(`${name}: fits every width, in light, dark and print; axe finds nothing`, async () => {
      const context = await browser.newContext({ bypassCSP: true });
      const page = await context.newPage();
      await page.setContent(renderReport(result()));
      const faults: string[] = [];
      for (const [width, colorScheme] of VIEWS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme, media: 'screen' });
        faults.push(...(await faultsOf(page, `${name}-${width}-${colorScheme}`)));
      }
      await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
      await page.setViewportSize({ width: 718, height: 1000 });
      faults.push(...(await faultsOf(page, `${name}-print`)));
      await page.emulateMedia({ colorScheme: 'light', media: 'screen' });
      await page.setViewportSize({ width: 1366, height: 900 });
      await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
      faults.push(...(await violations(page, axe)), ...(await page.evaluate(findFaults)));
      expect(faults).toEqual([]);
      await context.close();
    }, 300_000);
  }
});

async function faultsOf(page: Page, view: string): Promise<string[]> {
  await save(page, view);
  const { text, marks } = await page.evaluate(measureContrast);
  const faults = await page.evaluate(findFaults);
  if (Math.min(...text) < 4.5) faults.push(`contrast of text is ${Math.min(...text)}`);
  if (Math.min(3, ...marks) < 3) faults.push(`contrast of marks is ${Math.min(...marks)}`);
  return faults.map((fault) => `${view}: ${fault}`);
}

async function violations(page: Page, axe: string): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(`axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ target, html }) => id + ': ' + target.join(' ') + ' ' + html.slice(0, 120))))`);
}
