/** Annotations for GitHub Actions by its workflow commands, and what keeps other text from being one. */
import type { Result } from '../run/result.js';
import { gateOutcome, gateSentence, runTrouble } from './gate-words.js';
import { verdictMark } from './verdict-mark.js';
import { clipText, showHidden } from './visible-text.js';

/** GitHub shows ten of a kind for each step. */
const MAX_OF_A_KIND = 10;
const TEXT_LIMIT = 1000;

type Level = 'error' | 'warning';

interface Annotation {
  readonly level: Level;
  readonly title: string;
  readonly text: string;
}

/** One line for each gate that did not hold and for what else made the run no pass; empty for a pass without warnings. */
export function renderAnnotations(result: Result): string {
  const all = [...runAnnotations(result), ...gateAnnotations(result)];
  return [...limited(all, 'error'), ...limited(all, 'warning')].map(commandLine).join('');
}

/**
 * Text of ours that quotes the network, for the log of a CI system: what would be a command there (`::error::` at the start of a
 * line, `##[error]` and `##vso[…]` anywhere in it) is broken by a space.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll(/(^|[\r\n])([^\S\r\n]*):(?=:)/g, '$1$2: ').replaceAll(/##(?=\w*\[)/g, '## ');
}

/** The same for JSON, in which nothing may change: an escape stands for the second `#`. */
export function jsonWithoutCommands(json: string): string {
  return json.replaceAll(/##(?=\w*\[)/g, String.raw`#\u0023`);
}

function runAnnotations(result: Result): Annotation[] {
  const trouble = runTrouble(result);
  if (trouble === null) return [];
  const text = trouble.join('; ');
  return [{ level: levelOf(result), title: `${result.name}: ${verdictMark(result.verdict).word}`, text }];
}

/** Failures first, in the order of the scenario. */
function gateAnnotations(result: Result): Annotation[] {
  return result.gates.flatMap((gate) => {
    const outcome = gateOutcome(gate);
    if (outcome === 'passed' || outcome === 'skipped') return [];
    const level = outcome === 'warning' ? 'warning' : levelOf(result);
    return [{ level, title: `${result.name}: ${gate.expr}`, text: gateSentence(gate) }];
  });
}

/** A job that does not fail shows no error: `--no-gates` and `--inconclusive warn` ask for that. */
function levelOf({ exitCode }: Result): Level {
  return exitCode === 0 ? 'warning' : 'error';
}

function limited(all: readonly Annotation[], level: Level): Annotation[] {
  const ofLevel = all.filter((one) => one.level === level);
  if (ofLevel.length <= MAX_OF_A_KIND) return ofLevel;
  const shown = ofLevel.slice(0, MAX_OF_A_KIND - 1);
  const left = ofLevel.length - shown.length;
  return [...shown, { level, title: 'callgauge', text: `${left} more in the report` }];
}

function commandLine({ level, title, text }: Annotation): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(text)}\n`;
}

function escapeData(text: string): string {
  return withoutLegacy(showHidden(clipText(text, TEXT_LIMIT)))
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function withoutLegacy(text: string): string {
  return text.replaceAll('##[', '## [');
}
