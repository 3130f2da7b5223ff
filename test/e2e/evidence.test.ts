/** What a run leaves of the calls that went badly: files with their SIP ladders, seconds, and points of R that add up. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analysisSchema } from '../../src/analysis/analysis.js';
import {
  readRows,
  run,
  startAnswerer,
  startCli,
  stopAnswerer,
  temporaryFile,
  temporaryFolder,
  type Answerer,
  type RunEnd,
} from './cli.js';

const fileOf = ({ folder }: RunEnd, call: number): string =>
  readFileSync(join(folder, 'evidence', `call-${call}.txt`), 'utf8');
/** The labels of the arrows of a file, in order. */
const arrowsOf = (text: string): string[] =>
  [...text.matchAll(/^ *[\d.]+ {2}\|(?:-- (.*?) -+>|<-+ (.*?) --)\|$/gm)].map(([, out, back]) =>
    out === undefined ? `← ${back ?? ''}` : `→ ${out}`,
  );
const callsOf = (folder: string): string[] =>
  existsSync(join(folder, 'evidence')) ? readdirSync(join(folder, 'evidence')) : [];

describe('calls that are refused', () => {
  let answerer: Answerer;
  let end: RunEnd;
  beforeAll(async () => {
    answerer = await startAnswerer(['--mode', 'busy']);
    end = await run(['--target', answerer.uri, '--calls', '25', '--rate', '25/s', '--no-gates', '--quiet']);
  });
  afterAll(() => stopAnswerer(answerer));

  test('have a file each, up to twenty of a cause, and the result lists them', () => {
    const { evidence, calls } = end.result;
    expect(calls.failed).toBe(25);
    expect(evidence?.failures).toMatchObject([{ sipStatus: 486, cause: 'busy', count: 25, files: 20 }]);
    expect(evidence?.files.map(({ path }) => path).toSorted()).toEqual(
      callsOf(end.folder)
        .map((name) => `evidence/${name}`)
        .toSorted(),
    );
    // The ten worst are the first ten of equally bad calls, and are among the twenty unless they were slow to end.
    expect(evidence?.files.length).toBeGreaterThanOrEqual(20);
    expect(evidence?.withoutFile).toBe(25 - (evidence?.files.length ?? 0));
    expect(end.result.worstCalls.map(({ evidence: path }) => path)).toEqual(
      end.result.worstCalls.map(({ call }) => `evidence/call-${call}.txt`),
    );
  });

  test('show their ladder in order, in the file and in the result', () => {
    const [example] = end.result.worstCalls;
    const text = fileOf(end, example?.call ?? -1);
    expect(text).toContain('outcome   failed: busy (the called user is busy), SIP 486');
    const steps = arrowsOf(text).map((label) => label.replace(/sip:\S+/, 'X'));
    expect(steps.filter((label, index) => label !== steps[index - 1])).toEqual([
      '→ INVITE X (SDP)',
      '← 486 Busy Here',
      '→ ACK X',
    ]);
    expect(text).toContain(`    Call-ID: ${example?.callId}`);
    const messages = example?.ladder?.messages ?? [];
    expect(messages.map(({ direction }) => direction)).toEqual(
      arrowsOf(text).map((label) => (label.startsWith('→') ? 'out' : 'in')),
    );
    expect(messages.map(({ atMs }) => atMs)).toEqual(messages.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    expect(messages[0]).toMatchObject({ atMs: 0, cutBytes: 0 });
    expect(messages[0]?.text).toContain('m=audio ');
  });

  test('stand in the report with a link to the file', () => {
    const html = readFileSync(join(end.folder, 'report.html'), 'utf8');
    for (const { call } of end.result.worstCalls) {
      expect(html).toContain(`<article id="call-${call}"`);
      expect(html).toContain(`href="evidence/call-${call}.txt"`);
    }
  });
});

describe('calls over a bad link', () => {
  let end: RunEnd;
  beforeAll(async () => {
    const scenario = temporaryFile(
      'bad.yaml',
      [
        'version: 1',
        'name: bad',
        'target: loopback',
        'loopback: { impair: "loss=10%,burst=3,delay=40ms" }',
        'call: { hold: 6s }',
        'load: { calls: 3, stages: [ { rate: 3/s, hold: 5s } ] }',
        'seed: 7',
      ].join('\n'),
    );
    end = await run([scenario, '--no-gates', '--quiet']);
  });

  test('tell which term cost the points, and the sum is the R and the MOS that are reported', () => {
    expect(end.result.worstCalls).toHaveLength(3);
    for (const { breakdown, mosLq, mosCq, lossRatio, discardRatio } of end.result.worstCalls) {
      const received = breakdown?.received;
      const points = Object.fromEntries((received?.steps ?? []).map((step) => [step.term, step.points]));
      const { codec = -1, lost = -1, late = -1, bursts = -1, delay = -1 } = points;
      expect(received?.rFactor).toBeCloseTo(93.2062 - codec - lost - late - bursts, 3);
      expect(received?.rFactorCq).toBeCloseTo(93.2062 - codec - lost - late - bursts - delay, 3);
      expect(codec).toBe(0);
      // Random loss of this share alone, by hand: 95 · Ppl / (Ppl + 25.1), Ppl in percent.
      const pplPercent = ((lossRatio ?? 0) + (discardRatio ?? 0)) * 100;
      expect(pplPercent).toBeGreaterThan(0);
      expect(lost + late).toBeCloseTo((95 * pplPercent) / (pplPercent + 25.1), 6);
      expect(received?.steps.find(({ term }) => term === 'bursts')?.mos).toBeCloseTo(mosLq ?? 0, 6);
      expect(received?.steps.find(({ term }) => term === 'delay')?.mos).toBeCloseTo(mosCq ?? 0, 6);
    }
  });

  test('tell their seconds, whose packets were lost as the call says', () => {
    for (const { seconds, lossRatio } of end.result.worstCalls) {
      const points = seconds?.received?.points ?? [];
      expect(points.length).toBeGreaterThanOrEqual(6);
      expect(points.length).toBeLessThanOrEqual(8);
      expect(points.map(({ second }) => second)).toEqual(points.map((_, index) => (points[0]?.second ?? 0) + index));
      expect(points.some((point) => (point.lossRatio ?? 0) > (lossRatio ?? 1))).toBe(true);
    }
  });

  test('leave the packets of a sample, in which analyze finds what the call has', async () => {
    const { captures } = end.result.evidence ?? {};
    expect(captures?.map(({ call, why, audio, isWhole }) => [call, why, audio, isWhole])).toEqual([
      [0, 'sample', null, true],
      [1, 'sample', null, true],
    ]);
    expect(callsOf(end.folder).filter((name) => !name.endsWith('.txt'))).toEqual(['call-0.pcapng', 'call-1.pcapng']);
    const { code, stdout } = await startCli(['analyze', join(end.folder, captures?.[0]?.path ?? ''), '--json']).end;
    expect(code).toBe(0);
    const { streams } = analysisSchema.parse(JSON.parse(stdout));
    const call = readRows<{ call: number; callId: string; received: Record<string, number> }>(end.folder, 'calls').find(
      (row) => row.call === 0,
    );
    // One a direction; the link is bad on the way to us alone.
    expect(streams.map(({ callId }) => callId)).toEqual([call?.callId, call?.callId]);
    const received = streams.find(({ lost }) => lost > 0);
    for (const figure of ['expected', 'received', 'lost', 'discarded'] as const) {
      expect([figure, received?.[figure]]).toEqual([figure, call?.received[figure]]);
    }
    expect(received?.jitterMs).toBeCloseTo(call?.received['jitterMs'] ?? Number.NaN, 3);
    expect(received?.jitterMaxMs).toBeCloseTo(call?.received['jitterMaxMs'] ?? Number.NaN, 3);
    expect(received?.mosLq).toBeCloseTo(call?.received['mosLq'] ?? Number.NaN, 3);
  });

  test('have their whole ladder, from the INVITE to the answer to the BYE', () => {
    for (const { call } of end.result.worstCalls) {
      const labels = arrowsOf(fileOf(end, call)).map((label) => label.replace(/sip:\S+/, 'X'));
      expect(labels.filter((label, index) => !labels.slice(0, index).includes(label) || label === '← 200 OK')).toEqual([
        '→ INVITE X (SDP)',
        '← 180 Ringing',
        '← 200 OK (SDP)',
        '→ ACK X',
        '→ BYE X',
        '← 200 OK',
      ]);
    }
  });
});

test('an interrupted run leaves the evidence of what failed so far', async () => {
  const answerer = await startAnswerer(['--mode', 'busy']);
  const folder = temporaryFolder();
  const args = ['--target', answerer.uri, '--rate', '5/s', '--duration', '60s', '--no-gates', '--out', folder];
  const program = startCli(['run', ...args]);
  await program.printed('started: ');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  program.signal('SIGINT');
  expect((await program.end).code).toBe(130);
  expect(callsOf(folder).length).toBeGreaterThan(3);
  await stopAnswerer(answerer);
});
