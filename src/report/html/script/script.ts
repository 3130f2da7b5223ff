/**
 * The small script of the report. It only enhances: without it every figure is there. It stands as text, because it runs
 * in the reader's browser, and the content policy of the report names its hash, so that no other script runs.
 */
import { CURSOR_SCRIPT } from './cursor.js';
import { PAGE_SCRIPT } from './page.js';
import { TABLES_SCRIPT } from './tables.js';

/** Content of the one `<script>` element. */
export const SCRIPT = `(()=>{'use strict';${[PAGE_SCRIPT, CURSOR_SCRIPT, TABLES_SCRIPT].map(withoutIndentation).join('\n')}\n})()`;

/** SHA-256 of `SCRIPT`, base64, as a content policy names it; a test keeps it true. */
export const SCRIPT_HASH = 'sha256-Kt6dSerDeBVUVr3HFi4JOsNyx+BhKqaue37vmNtXbO0=';

function withoutIndentation(text: string): string {
  return text.trim().replaceAll(/\n\s*/g, '\n');
}
