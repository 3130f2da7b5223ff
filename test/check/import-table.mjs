/**
 * Enforces the table of rooms: imports go one way, pure rooms touch no `node:` module, and only the I/O rooms do I/O.
 * Exit 1 with one line per breach.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** Room → rooms that it may import beside itself and `lib`. `types:` means type imports only. */
const MAY_IMPORT = {
  main: ['cli'],
  cli: ['*'],
  report: ['metrics', 'types:run', 'types:gates', 'run/result', 'run/comparison', 'analysis/analysis'],
  baseline: ['metrics', 'types:run', 'run/result', 'run/comparison', 'run/judged-calls', 'run/result-registrations'],
  run: [
    'scenario',
    'schedule',
    'gates',
    'metrics',
    'worker/messages',
    'worker/record-table',
    'worker/pool',
    'quality/score-breakdown',
  ],
  analysis: ['capture', 'types:gates', 'metrics', 'quality', 'rtp', 'sdp', 'sip'],
  worker: ['call', 'capture', 'schedule', 'metrics', 'net', 'rtp', 'media', 'quality', 'sip'],
  call: ['sip', 'sdp', 'types:rtp', 'types:media'],
  capture: [],
  net: [],
  media: [],
  scenario: ['metrics/names'],
  schedule: [],
  gates: ['metrics/names', 'metrics/spoil'],
  metrics: [],
  sip: [],
  sdp: [],
  rtp: [],
  quality: [],
  lib: [],
};

/** Files or rooms that may import `node:` modules. */
const MAY_TOUCH_NODE = ['main.ts', 'cli/', 'net/', 'worker/', 'sip/transport/', 'media/source/wav.ts'];
/** Packages that belong to one place. */
const PACKAGES = {
  yargs: ['cli/'],
  ws: ['sip/transport/'],
  koffi: ['net/'],
  opusscript: ['media/codec/'],
  zod: ['analysis/analysis.ts', 'scenario/', 'run/result', 'run/comparison.ts', 'run/run-record.ts', 'report/'],
  yaml: ['scenario/'],
  'hdr-histogram-js': ['metrics/'],
  'd3-array': ['report/'],
  'd3-scale': ['report/'],
  'd3-shape': ['report/'],
  'd3-format': ['report/'],
};

/**
 * Node modules that compute and touch nothing, and where they are allowed. What `Buffer` and `performance` give is global too, by a getter
 * that costs more than what is asked of it once per message.
 */
const PURE_NODE = {
  'node:crypto': ['sip/auth/', 'rtp/srtp/'],
  'node:buffer': ['sip/'],
  'node:perf_hooks': ['lib/clock.ts'],
};

const breaches = [];

for (const file of sourceFiles(SRC)) {
  const name = relative(SRC, file).replaceAll('\\', '/');
  for (const found of importsOf(readFileSync(file, 'utf8'))) {
    checkImport(name, file, found);
  }
}

for (const breach of breaches) {
  console.error(breach);
}
process.exit(breaches.length === 0 ? 0 : 1);

function checkImport(name, file, { specifier, isType }) {
  if (specifier.startsWith('.')) {
    const target = relative(SRC, resolve(dirname(file), specifier))
      .replaceAll('\\', '/')
      .replace(/\.js$/, '');
    if (!allowed(roomOf(name), target, isType)) {
      breaches.push(`${name}: may not import ${target}${isType ? ' (type)' : ''}`);
    }
    return;
  }
  const mayTouch = [...MAY_TOUCH_NODE, ...(PURE_NODE[specifier] ?? [])];
  const owners = specifier.startsWith('node:') ? mayTouch : PACKAGES[specifier];
  // A type costs nothing at run time: a message may name a MessagePort, a signature a ChildProcess.
  if (owners === undefined || (!isType && !owners.some((owner) => name.startsWith(owner)))) {
    breaches.push(`${name}: may not import ${specifier}`);
  }
}

function allowed(room, target, isType) {
  const targetRoom = roomOf(target);
  if (targetRoom === room || targetRoom === 'lib') {
    return true;
  }
  return (MAY_IMPORT[room] ?? []).some(
    (rule) => rule === '*' || rule === targetRoom || rule === target || (isType && rule === `types:${targetRoom}`),
  );
}

function roomOf(path) {
  return path.includes('/') ? path.split('/')[0] : path.replace(/\.ts$/, '');
}

function importsOf(text) {
  const found = [];
  const pattern =
    /(?:^|\n)\s*(import|export)(\s+type)?\s+([^;'"]*?)\s*from\s+'([^']+)'|import\('([^']+)'\)|(?:^|\n)import\s+'([^']+)'/g;
  for (const [, , type, names, from, dynamic, bare] of text.matchAll(pattern)) {
    const allTypes =
      /^\{[^}]*\}$/.test(names ?? '') &&
      names
        .slice(1, -1)
        .split(',')
        .every((part) => part.trim() === '' || part.trim().startsWith('type '));
    found.push({ specifier: from ?? dynamic ?? bare, isType: type !== undefined || allTypes });
  }
  return found;
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}
