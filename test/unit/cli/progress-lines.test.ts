import { describe, expect, it } from 'vitest';
import { eventLine, figuresLine, gateEventLine } from '../../../src/cli/progress-lines.js';
import { HOSTILE } from '../report/result-fixture.js';
import { gateOf, snapshotOf } from './snapshots.js';

describe('the line of figures', () => {
  it('has a pair for each figure, in one order', () => {
    const gates = [gateOf(), gateOf({ state: 'fail' }), gateOf({ state: 'no-data' }), gateOf({ state: 'untrusted' })];
    expect(figuresLine(snapshotOf({ gates, strains: ['late'] }))).toBe(
      't=42s stage="hold 4/s" active=41 started=162 rate=3.8/s target_rate=4.0/s failed=2 dropped=0 mos_p50=4.41 ' +
        'mos_p5=4.32 loss=0.02% jitter_p95=1.25ms rtt_p95=12.3ms sent_mos_p50=4.38 sent_mos_p5=4.21 sent_loss=0.10% ' +
        'gates_pass=1 gates_fail=1 gates_open=2 generator=strained',
    );
  });

  it('has a dash where nothing is known', () => {
    const unknown = { mosLq: null, mosLqWb: null, lossRatio: null, jitterP95Ms: null };
    const line = figuresLine(snapshotOf({ received: unknown, sent: unknown, rttP95Ms: null }));
    expect(line).toContain('mos_p50=- mos_p5=- loss=- jitter_p95=- rtt_p95=- sent_mos_p50=- sent_mos_p5=- sent_loss=-');
  });
});

describe('events', () => {
  it('quote what a reader of pairs would split', () => {
    expect(eventLine(7, 'warning', [['text', String.raw`say "no" to a\b=c`]])).toBe(
      String.raw`t=7s event=warning text="say \"no\" to a\\b=c"`,
    );
    expect(eventLine(0, 'stage', [['stage', '']])).toBe('t=0s event=stage stage=""');
  });

  it('hold no control character, whatever the network put into them', () => {
    const line = eventLine(1, 'warning', [['text', HOSTILE]]);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(line).toContain('⟨U+000A⟩⟨U+001B⟩[2J');
  });

  it('tell of a gate what it was, is, and saw', () => {
    const gate = gateOf({ state: 'fail', observed: 1 / 3, margin: -0.6 });
    expect(gateEventLine(30, gate, 'pass')).toBe(
      't=30s event=gate gate="success_ratio >= 99%" state=fail was=pass observed=0.333333 limit=0.99 unit=ratio samples=162',
    );
    expect(gateEventLine(3, gateOf({ state: 'no-data', observed: null }), null)).toContain('was=- observed=- ');
  });
});
