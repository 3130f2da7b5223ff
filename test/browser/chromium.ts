/** How the browser tests find and start Chromium, and the folder for screenshots. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const CHROMIUM = process.env['CALLGAUGE_CHROMIUM'] ?? '/usr/bin/chromium';
export const SCREENSHOTS = process.env['CALLGAUGE_SCREENSHOTS'];
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const isMissing = !existsSync(CHROMIUM);
if (isMissing) process.stderr.write(`skipped: no Chromium at ${CHROMIUM}; set CALLGAUGE_CHROMIUM to its path\n`);

export async function launch(): Promise<Browser> {
  return await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

/** Saves the whole page where CALLGAUGE_SCREENSHOTS names a folder. */
export async function save(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
