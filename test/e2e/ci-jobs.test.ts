/** The ready-made CI jobs of the README and the gate that they run: their own lines are run here, on loopback and shorter. */
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cli, Cli, filesOf, PACKAGE, readResult, temporaryFolder, type CliEnd } from './cli.js';

const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
const SCRIPTS = (JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { scripts: object }).scripts;
const GATE = join(PACKAGE, 'scenarios/pbx-deploy-gate.yaml');
const PBX = { PBX_TARGET: 'loopback', PBX_USER: '1001', PBX_PASSWORD: 'hunter2-0815' };
const SHORT = { CALLGAUGE_CALLS: '24', CALLGAUGE_RATE: '8/s', CALLGAUGE_HOLD: '3s' };

interface GithubJob {
  readonly container: string;
  readonly services: Record<string, { readonly image: string }>;
  readonly steps: readonly {
    readonly run?: string;
    readonly uses?: string;
    readonly if?: string;
    readonly env?: Record<string, string>;
    readonly with?: Record<string, string>;
  }[];
}

interface GitlabJob {
  readonly image: string;
  readonly services: readonly { readonly name: string; readonly alias: string }[];
  readonly variables: Record<string, string>;
  readonly script: readonly string[];
  readonly artifacts: {
    readonly when: string;
    readonly paths: readonly string[];
    readonly reports: { readonly junit: string; readonly metrics: string };
  };
}

/** The block of yaml in the README that begins so. */
function block(start: string): unknown {
  const text = [...README.matchAll(/```yaml\n([^`]+)```/g)]
    .map(([, yaml = '']) => yaml)
    .find((yaml) => yaml.startsWith(start));
  return parse(text ?? '');
}

/** A folder as a checkout leaves it, built. */
function checkout(): string {
  const folder = temporaryFolder();
  for (const name of ['dist', 'scenarios', 'audio', 'package.json'])
    symlinkSync(join(PACKAGE, name), join(folder, name));
  return folder;
}

function script(line: string, cwd: string, env: Record<string, string>): Promise<CliEnd> {
  return new Cli('bash', ['-c', `set -e\n${line}`], { cwd, env: { ...PBX, ...SHORT, ...env } }).end;
}

/** The line that installs and builds, which the tests of the README run, and the one that calls. */
function linesOf(lines: readonly string[]): { build: string; call: string } {
  expect(lines).toHaveLength(2);
  const [build = '', call = ''] = lines;
  expect(build).toBe('npm ci && npm run build');
  expect(SCRIPTS).toHaveProperty('build');
  return { build, call };
}

/** Gates on times depend on how busy the machine is, so what they say is not asserted; that they had data is. */
function expectJudged(folder: string, { code }: CliEnd): void {
  const result = readResult(folder);
  expect([0, 3, 4]).toContain(code);
  expect(code).toBe(result.exitCode);
  expect(result.calls).toMatchObject({ attempted: 24, completed: 24 });
  const states = new Map(result.gates.map(({ expr, state }) => [expr, state]));
  for (const expr of ['success_ratio >= 99.5%', 'dropped == 0', 'one_way == 0', 'no_media == 0']) {
    expect([expr, states.get(expr)]).toEqual([expr, 'pass']);
  }
  expect(result.gates.filter(({ state }) => state === 'no-data')).toEqual([]);
}

describe('the gate for deployments', () => {
  it('is a valid scenario of a minute', async () => {
    const { code, stdout, stderr } = await cli(['validate', GATE], {
      env: { ...PBX, PBX_TARGET: 'sip:600@192.0.2.10:5060' },
    });
    // 192.0.2.0/24 is documentation, so public: the rest has been checked by then.
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stderr).toContain('allow-public');
    const named = await cli(['validate', GATE], { env: { ...PBX, PBX_TARGET: 'sip:600@127.0.0.1:5060' } });
    expect(named.stderr).toBe('');
    // The host of a variable is shown, its user part may be a secret.
    expect(named.stdout).toMatch(/^endpoints {2}\S+ sip:\*\*\*@127\.0\.0\.1:5060$/m);
    expect(named.stdout).toMatch(/^starts {5}for 45s$/m);
    expect(named.stdout).toMatch(/^peak {7}60 calls at once$/m);
    expect(stdout + named.stdout).not.toContain(PBX.PBX_PASSWORD);
  });

  it('says which variable is missing', async () => {
    const { code, stderr } = await cli(['validate', GATE], { env: { PBX_TARGET: 'loopback', PBX_USER: '1001' } });
    expect(code).toBe(2);
    expect(stderr).toContain('the environment variable PBX_PASSWORD is not set');
  });
});

describe('the job for GitHub Actions', () => {
  const workflow = block('name: pbx-gate') as { on: unknown; jobs: { 'pbx-gate': GithubJob } };
  const { steps, services, container } = workflow.jobs['pbx-gate'];

  it('checks out, builds, calls with the secrets in the environment, and keeps the folder whatever happens', () => {
    expect(container).toMatch(/^node:\d+$/);
    const call = steps.find(({ run }) => run?.includes(' run ') === true && run.startsWith('node'));
    expect(Object.keys(call?.env ?? {}).toSorted()).toEqual(Object.keys(PBX).toSorted());
    expect(call?.env?.['PBX_PASSWORD']).toMatch(/^\$\{\{ secrets\./);
    expect(Object.keys(services)).toEqual([/@([^:]+):/.exec(call?.env?.['PBX_TARGET'] ?? '')?.[1]]);
    const keep = steps.at(-1);
    expect(keep).toMatchObject({ if: 'always()', with: { path: /--out (\S+)/.exec(call?.run ?? '')?.[1] } });
    expect(steps[0]?.uses).toMatch(/^actions\/checkout@/);
  });

  it('runs as written, and fills the summary of the job', async () => {
    const { call } = linesOf(steps.flatMap(({ run }) => run ?? []));
    const folder = checkout();
    const summary = join(folder, 'step-summary.md');
    writeFileSync(summary, '');
    const end = await script(call, folder, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
    const out = join(folder, steps.at(-1)?.with?.['path'] ?? 'none');
    expectJudged(out, end);
    expect(readFileSync(summary, 'utf8')).toMatch(
      /^\n## . [A-Z]+: ` pbx-deploy-gate `\n[^]*Report: ` callgauge-report\/report\.html `\n$/,
    );
    const notPassed = readResult(out).gates.filter(({ state }) => state === 'untrusted' || state === 'fail').length;
    expect(end.stderr.match(/^::(error|warning) /gm) ?? []).toHaveLength(notPassed);
    expect(end.stdout).not.toMatch(/^::/m);
    expect(filesOf(out).filter(({ text }) => text.includes('hunter2'))).toEqual([]);
  });
});

describe('the job for GitLab', () => {
  const {
    image,
    script: lines,
    services,
    variables,
    artifacts,
  } = (block('pbx-gate:') as { 'pbx-gate': GitlabJob })['pbx-gate'];

  it('runs as written, and leaves what it names as artifacts and reports', async () => {
    const { call } = linesOf(lines);
    expect(image).toMatch(/^node:\d+$/);
    expect(services.map(({ alias }) => alias)).toEqual([/@([^:]+):/.exec(variables['PBX_TARGET'] ?? '')?.[1]]);
    const folder = checkout();
    const end = await script(call, folder, {});
    expectJudged(join(folder, artifacts.paths[0] ?? 'none'), end);
    expect(artifacts.when).toBe('always');
    for (const path of [...artifacts.paths, ...Object.values(artifacts.reports)]) {
      expect([path, existsSync(join(folder, path))]).toEqual([path, true]);
    }
    expect(readFileSync(join(folder, artifacts.reports.junit), 'utf8')).toMatch(
      /^<\?xml [^]*<testsuites [^]*<\/testsuites>\n$/,
    );
    expect(readFileSync(join(folder, artifacts.reports.metrics), 'utf8')).toMatch(/^# TYPE [^]*# EOF\n$/);
    expect(end.stderr).not.toMatch(/^::/m);
  });
});
