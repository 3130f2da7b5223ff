/** `callgauge validate`, and what `run --dry-run` prints: the plan and its expected peak. Nothing is sent. */
import type { Argv } from 'yargs';
import { formatDuration, formatRate } from '../lib/units.js';
import { callGroups } from '../scenario/call-groups.js';
import { escapeTerminal } from '../report/visible-text.js';
import { shownTarget } from '../scenario/shown-target.js';
import { redactorOf } from '../run/redacted-result.js';
import { withEnvironment } from './environment.js';
import type { ProcessHost } from './host.js';
import { prepare, type Prepared } from './preparation.js';
import { addScenarioFlags, scenarioArguments } from './scenario-flags.js';

export function validateCommand(program: Argv, host: ProcessHost): void {
  program.command(
    'validate <scenario>',
    'check a scenario and print its expected peak; nothing is sent',
    (command) =>
      withEnvironment(
        addScenarioFlags(command.positional('scenario', { type: 'string', demandOption: true, describe: 'YAML file' })),
        host,
      ),
    async (given) => printPlan(host, await prepare(host, scenarioArguments(given))),
  );
}

/** To a tenth of a second, and to whole seconds from a minute on. */
function roundedDuration(ms: number): string {
  const step = ms < 60_000 ? 100 : 1000;
  return formatDuration(Math.round(ms / step) * step);
}

/** Who registers, how long that takes, and whom they call. */
function usersLines({ users, call, endpoints }: Prepared['scenario']): [string, string][] {
  if (users === null) {
    return [];
  }
  const { length } = users.list;
  const seconds = Math.ceil(length / users.rate);
  const whom = call.to === 'users' ? 'call each other' : 'call the target';
  const groups = callGroups(endpoints, users.list).list.length;
  const apart = groups === 1 ? '' : `, told apart by ${groups} sets of labels`;
  return [['users', `${length}, registered at ${formatRate(users.rate)} (about ${seconds}s), ${whom}${apart}`]];
}

/** The plan as `key  value` lines on stdout, warnings on stderr. */
export function printPlan(host: ProcessHost, prepared: Prepared): void {
  const { scenario, schedule, peak, gates } = prepared;
  const limit = host.facts().openFilesLimit;
  const redactor = redactorOf(scenario);
  const shown = (text: string): string => escapeTerminal(redactor?.text(text) ?? text);
  const lines: [string, string][] = [
    ['scenario', scenario.name],
    [
      'endpoints',
      scenario.endpoints
        .map(({ name, target }, index) =>
          target.kind === 'sip'
            ? `${name} ${shownTarget(scenario, `endpoints[${index}].target`, target)}`
            : `${name} loopback`,
        )
        .join(', '),
    ],
    ...usersLines(scenario),
    ['calls', schedule.totalCalls === null ? 'no limit' : String(schedule.totalCalls)],
    ['starts', schedule.durationMs === null ? 'until stopped' : `for ${roundedDuration(schedule.durationMs)}`],
    ['rate', `up to ${formatRate(Math.round(schedule.peakRate * 100) / 100)}`],
    ['peak', `${peak.calls} calls at once`],
    ['', `${peak.packetsPerSecond} packets/s, ${peak.mbitPerSecond.toFixed(1)} Mbit/s, both directions together`],
    ['', `${peak.ports} ports, ${peak.files} open files (limit of this host: ${limit ?? 'unknown'})`],
    ['gates', gates.map(({ expr }) => expr).join(', ') || 'none'],
  ];
  for (const [name, value] of lines) {
    host.out(`${name.padEnd(10)} ${shown(value)}\n`);
  }
  for (const warning of prepared.warnings) {
    host.err(`warning: ${shown(warning)}\n`);
  }
}
