/**
 * `junit.xml`: a testcase for the run and one for each gate, by the schema that Jenkins publishes (junit-10.xsd of its xUnit
 * plug-in) and as GitLab reads it: the text of an element counts there, `type` must be none of the words that Rails converts.
 */
import type { Result } from '../run/result.js';
import { gateOutcome, gateSentence, namedGates, runTrouble, type GateOutcome } from './gate-words.js';
import { healthSentence } from './generator-health.js';
import { xmlAttributes, xmlLines } from './xml.js';

interface TestCase {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: GateOutcome;
  readonly lines: readonly string[];
}

const ELEMENTS = {
  failed: { element: 'failure', type: 'GateFailed' },
  error: { element: 'error', type: 'NotProven' },
  skipped: { element: 'skipped', type: 'NotEvaluated' },
} as const;

/** Ends with a newline. */
export function renderJunit(result: Result): string {
  const cases = [runCase(result), ...gateCases(result)];
  const count = (outcome: GateOutcome): number => cases.filter((one) => one.outcome === outcome).length;
  const counts = { tests: cases.length, failures: count('failed'), errors: count('error') };
  const time = secondsText(result.durationMs / 1000);
  // Without a zone: older schemas know none, and both systems take the time as UTC.
  const timestamp = result.startedAt.slice(0, 19);
  const suite = { name: result.name, ...counts, skipped: count('skipped'), time, timestamp };
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites${xmlAttributes({ name: 'callgauge', ...counts, time })}>
  <testsuite${xmlAttributes(suite)}>
    <properties>
${properties(result)}
    </properties>
${cases.map((one) => testCase(one, `callgauge.${result.name}`)).join('\n')}
    <system-out>${text([...result.reasons, ...result.warnings, healthSentence(result.generator)])}</system-out>
  </testsuite>
</testsuites>
`;
}

function properties(result: Result): string {
  const values: [string, string][] = [
    ['run', result.name],
    ['verdict', result.verdict],
    ['exitCode', String(result.exitCode)],
    ...result.endpoints.map(({ name, target }): [string, string] => [`target.${name}`, target]),
    ['seed', String(result.seed)],
    ['version', result.tool.version],
    // Beside this file.
    ['report', 'report.html'],
  ];
  return values.map(([name, value]) => `      <property${xmlAttributes({ name, value })}/>`).join('\n');
}

/** The run itself: so that a run without gates is no empty suite, and one that did not happen is red. */
function runCase(result: Result): TestCase {
  const trouble = runTrouble(result);
  const seconds = result.durationMs / 1000;
  return { name: 'run', seconds, outcome: trouble === null ? 'passed' : 'error', lines: trouble ?? [] };
}

/** A gate takes no time of its own: that of the run stands with the run. */
function gateCases({ gates }: Result): TestCase[] {
  return namedGates(gates).map(({ name, gate }) => ({
    name,
    seconds: 0,
    outcome: gateOutcome(gate),
    lines: [gateSentence(gate)],
  }));
}

function testCase({ name, seconds, outcome, lines }: TestCase, classname: string): string {
  const open = `    <testcase${xmlAttributes({ name, classname, time: secondsText(seconds) })}`;
  if (lines.length === 0) return `${open}/>`;
  return `${open}>${outcomeElement(outcome, lines)}</testcase>`;
}

function outcomeElement(outcome: GateOutcome, lines: readonly string[]): string {
  if (outcome === 'passed') return `<system-out>${text(lines)}</system-out>`;
  if (outcome === 'warning') return `<system-out>${text(lines.map((line) => `warning, ${line}`))}</system-out>`;
  const { element, type } = ELEMENTS[outcome];
  return `<${element}${xmlAttributes({ type, message: lines[0] ?? '' })}>${text(lines)}</${element}>`;
}

/** Both systems take `[[ATTACHMENT|path]]` in a text for a file to show; ours names none. */
function text(lines: readonly string[]): string {
  return xmlLines(lines.map((line) => line.replaceAll(/\[(?=\[)/g, '[ ')));
}

function secondsText(seconds: number): string {
  return seconds.toFixed(3);
}
