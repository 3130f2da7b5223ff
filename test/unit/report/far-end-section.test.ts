import { describe, expect, test } from 'vitest';
import { farEndSection } from '../../../src/report/html/far-end-section.js';
import { renderReport } from '../../../src/report/html/document.js';
import { FarXrBook } from '../../../src/run/far-xr-book.js';
import { FAR_XR, LEG } from '../../../src/worker/messages.js';
import { markupFaults } from './markup-check.js';
import { typicalPass } from './result-fixture.js';

function told() {
  const leg = new Float64Array(LEG.columns).fill(Number.NaN);
  leg[LEG.farXrReports] = 4;
  leg[FAR_XR.lossRatio] = 0.125;
  leg[FAR_XR.mosLq] = 3.4;
  const book = new FarXrBook();
  book.addLeg(leg, 0);
  const result = typicalPass();
  return { ...result, quality: { ...result.quality, farEndXr: book.block() } };
}

describe('as told by the far end', () => {
  test('stands apart, with the word that it is not our measurement, and "not measured" for what it did not say', () => {
    const report = renderReport(told());
    expect(markupFaults(report)).toEqual([]);
    const section = String(farEndSection(told())?.body);
    expect(section).toContain('This is its word');
    const text = section.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/Packet loss 1 12\.5 % 12\.5 % 12\.5 % 12\.5 %/);
    expect(text).toMatch(/MOS-LQ 1 3\.40? 3\.40? 3\.40? 3\.40?/);
    expect(text).toMatch(/Round trip 0 not measured/);
  });

  test('is left out where no far end told', () => {
    expect(farEndSection(typicalPass())).toBeNull();
    expect(renderReport(typicalPass())).not.toContain('As told by the far end');
  });
});
