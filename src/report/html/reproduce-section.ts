/** What it takes to run it again: command, seed, version, host and the scenario with its secrets redacted. */
import type { Result } from '../../run/result.js';
import { formatBytes, formatCount } from '../number-format.js';
import { clipText } from '../visible-text.js';
import { html, networkText, preformatted } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { table } from './table.js';

const SCENARIO_LIMIT = 60_000;
const COMMAND_LIMIT = 4000;

/** Command, seed, environment and scenario. */
export function reproduceSection(result: Result): Section {
  const scenario = scenarioText(result.scenario);
  const cut = scenario.length > SCENARIO_LIMIT ? html`<p class="empty">Cut here; all of it is in result.json.</p>` : '';
  const body = html`<pre tabindex="0">${preformatted(clipText(result.environment.command, COMMAND_LIMIT))}</pre>
    ${table({ caption: 'Program and host', columns: [{ header: 'Item' }, { header: 'Value' }], rows: hostRows(result) })}
    <details>
      <summary>Scenario, secrets redacted</summary>
      <pre tabindex="0">${preformatted(clipText(scenario, SCENARIO_LIMIT))}</pre>
      ${cut}
    </details> `;
  return { id: 'reproduce', title: 'Reproduce', body };
}

function scenarioText(scenario: unknown): string {
  return typeof scenario === 'string' ? scenario : (JSON.stringify(scenario, null, 2) ?? 'not recorded');
}

function hostRows({ environment, tool, seed }: Result): HtmlValue[][] {
  const { workers, socketBufferBytes, openFilesLimit } = environment;
  const granted = socketBufferBytes.granted === null ? 'not measured' : formatBytes(socketBufferBytes.granted);
  return [
    ['seed', String(seed)],
    [
      'version',
      html`${tool.name} ${networkText(tool.version)}${tool.commit === null ? '' : html` (${networkText(tool.commit)})`}`,
    ],
    ['Node', networkText(environment.node)],
    ['platform', networkText(environment.platform)],
    ['processor', html`${networkText(environment.cpuModel)}, ${formatCount(environment.cores)} cores`],
    ['memory', formatBytes(environment.memoryBytes)],
    ['workers', `${workers.signalling} signalling, ${workers.media} media`],
    ['open-file limit', openFilesLimit === null ? 'not measured' : formatCount(openFilesLimit)],
    ['socket buffer', `${formatBytes(socketBufferBytes.requested)} asked for, granted: ${granted}`],
  ];
}
