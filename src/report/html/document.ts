/**
 * `report.html`: one offline file, no request. Structure and SVG attributes carry the meaning, so it also reads where
 * scripts and styles are blocked; a small script only enhances. All text from the network passes the escaper of `markup.ts`.
 */
import type { Result } from '../../run/result.js';
import { verdictMark } from '../verdict-mark.js';
import { baselineSection } from './baseline-section.js';
import { heatDefinitions } from './chart/heat.js';
import { keyDefinitions } from './chart/strokes.js';
import { distributionSection } from './distribution-section.js';
import { dtmfSection } from './dtmf-section.js';
import { transfersSection } from './transfers-section.js';
import { endpointsSection } from './endpoints-section.js';
import { farEndSection } from './far-end-section.js';
import { gatesSection } from './gates-section.js';
import { generatorSection } from './generator-section.js';
import { renderHeadline } from './headline.js';
import { keyNumbersSection } from './key-numbers-section.js';
import { loadSection } from './load-section.js';
import { Markup, html } from './markup.js';
import { methodSection } from './method-section.js';
import { oddStreamsSection } from './odd-streams-section.js';
import { qualitySection } from './quality-section.js';
import { reproduceSection } from './reproduce-section.js';
import { renderSection } from './section.js';
import type { Section } from './section.js';
import { causesSection, responsesSection, setupSection } from './signalling-section.js';
import { SCRIPT, SCRIPT_HASH } from './script/script.js';
import { STYLE } from './style.js';
import { worstCallsSection } from './worst-calls-section.js';

/** In the order in which a reader asks. */
const SECTIONS: readonly ((result: Result) => Section | null)[] = [
  gatesSection,
  keyNumbersSection,
  loadSection,
  qualitySection,
  distributionSection,
  farEndSection,
  responsesSection,
  causesSection,
  setupSection,
  dtmfSection,
  transfersSection,
  endpointsSection,
  oddStreamsSection,
  worstCallsSection,
  generatorSection,
  baselineSection,
  methodSection,
  reproduceSection,
];

/** No request and no script but ours, even if some text should ever slip through the escaper. */
const CONTENT_POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src '${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'`;

/** The whole document; the same result gives the same bytes. */
export function renderReport(result: Result): string {
  const sections = SECTIONS.map((section) => section(result)).filter((section) => section !== null);
  return html`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(CONTENT_POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${verdictMark(result.verdict).word}: ${result.name} – Callgauge</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <div class="page">
          ${renderHeadline(result)}${contents(sections)}
          <main>${sections.map(renderSection)}</main>
          <footer>
            Made by ${result.tool.name} ${result.tool.version} from result.json, schema ${result.schemaVersion}. Times
            are UTC; seconds count from the start of the run. ${definitions()}
          </footer>
        </div>
        ${new Markup(`<script>${SCRIPT}</script>`)}
      </body>
    </html> `.toString();
}

/** What the drawings of all sections refer to. */
function definitions(): Markup {
  return html`<svg width="0" height="0" aria-hidden="true"><defs>${keyDefinitions()}${heatDefinitions()}</defs></svg>`;
}

function contents(sections: readonly Section[]): Markup {
  return html`<nav aria-label="Sections">
    <ul>
      ${sections.map(({ id, title, shortTitle }) => html`<li><a href="#${id}">${shortTitle ?? title}</a></li> `)}
    </ul>
  </nav> `;
}
