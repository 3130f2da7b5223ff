/** Credentials in a scenario and by flags: they are read everywhere and shown nowhere. */
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/lib/errors.js';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { applyOverrides, type RunFlags } from '../../../src/scenario/overrides.js';
import { FILE, good, HEAD, linesOf, load } from './documents.js';

const SECRET = 'hunter2-0815';
const TWO = `version: 1
name: two
endpoints:
  - { name: a, target: "sip:1@192.0.2.1", auth: { user: a, password: "\${env:A}" } }
  - { name: b, target: "sip:2@192.0.2.2" }
`;
const AUTH = `${HEAD}auth: { user: "1001", password: "${SECRET}" }\n`;

describe('auth', () => {
  it('stands at the top, and at an endpoint in place of it', () => {
    const scenario = good(`${TWO}auth: { user: "1001", password: p }\n`, { A: 'x' });
    expect(scenario.auth).toEqual({ user: '1001', password: 'p' });
    expect(scenario.endpoints.map(({ auth }) => auth)).toEqual([{ user: 'a', password: 'x' }, null]);
    expect(good(HEAD).auth).toBeNull();
  });

  it('keeps a reference that looks like a number or a truth value as it is', () => {
    for (const value of ['0123', '1234', 'true', '${env:B}', 'a b']) {
      const text = `${HEAD}auth: { user: "\${env:U}", password: "\${env:P}" }\n`;
      expect(good(text, { U: value, P: value }).auth).toEqual({ user: value, password: value });
    }
  });

  it('comes from a file beside the scenario, without one final newline', () => {
    const read: string[] = [];
    const readFile = (path: string): string => {
      read.push(path);
      return ` ${SECRET}\n`;
    };
    const text = `${HEAD}auth: { user: a, password: "\${file:keys/pbx.txt}" }\n`;
    const { scenario } = loadScenario(text, { file: FILE, env: {}, readFile });
    expect(read).toEqual(['scenarios/keys/pbx.txt']);
    expect(scenario?.auth?.password).toBe(` ${SECRET}`);
  });
});

const passwordOf = (text: string, env: Record<string, string> = {}): unknown =>
  (scenarioDocument(good(text, env))['auth'] as { password: unknown }).password;

const withReference = (password: string): string => `${HEAD}auth: { user: u, password: "${password}" }\n`;

describe('the document of a result', () => {
  it('has a lone reference in place of a password, and else a mark', () => {
    expect(scenarioDocument(good(AUTH))['auth']).toEqual({ user: '1001', password: '[redacted]' });
    expect(passwordOf(withReference('${env:P}'), { P: SECRET })).toBe('${env:P}');
    expect(passwordOf(withReference('hunter2${env:P}'), { P: 'x' })).toBe('[redacted]');
    expect(passwordOf(withReference('${env:P}${env:P}'), { P: 'x' })).toBe('[redacted]');
    expect(JSON.stringify(scenarioDocument(good(TWO, { A: SECRET })))).not.toContain(SECRET);
  });

  it('has a mark for a password by flag, though the scenario had a reference', () => {
    const { scenario } = applyOverrides(good(TWO, { A: 'x' }), { user: 'u', password: SECRET });
    const text = JSON.stringify(scenarioDocument(scenario!));
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('env:A');
    expect(text.match(/\[redacted\]/g)).toHaveLength(2);
  });
});

describe('a problem', () => {
  it.each([
    ['a literal number', `auth: { user: "1", password: 815081508150815 }`],
    ['an empty user', `auth: { user: "", password: "${SECRET}" }`],
    ['a text for credentials', `auth: ${SECRET}`],
    ['a list for a password', `auth: { user: a, password: ["${SECRET}"] }`],
    ['a mapping for a password', `auth: { user: a, password: { x: "${SECRET}" } }`],
    ['a password that is too long', `auth: { user: a, password: "${SECRET.repeat(30)}" }`],
    ['two lines', `auth: { user: a, password: "${SECRET}\\n${SECRET}" }`],
    ['a broken reference', `auth: { user: a, password: "\${${SECRET}" }`],
    ['an unknown reference', `auth: { user: a, password: "\${${SECRET}}" }`],
    ['an alias', `auth: { user: a, password: *${SECRET} }`],
    ['a mistyped key', `auth: { user: a, pasword: "${SECRET}" }`],
    ['no blank behind the colon', `auth: {user:${SECRET}}`],
    ['a block scalar that is none', `auth:\n  user: a\n  password: |${SECRET}`],
    ['a mark that YAML reserves', `auth:\n  user: a\n  password: @${SECRET}`],
    ['a value that opens a bracket', `auth:\n  user: a\n  password: [${SECRET}`],
    ['a value that goes on after its quote', `auth:\n  user: a\n  password: "a" ${SECRET}`],
    ['a colon in the value', `auth:\n  user: a\n  password: a: ${SECRET}`],
    ['a value on the line below', `auth:\n  user: a\n  password:\n    "a" ${SECRET}`],
    ['a password in a target', `endpoints: [{ name: a, target: "sip:u:${SECRET}@192.0.2.1" }]`],
  ])('names its place and not the secret: %s', (_, text) => {
    const base = text.startsWith('endpoints') ? 'version: 1\nname: x\n' : HEAD;
    const lines = linesOf(`${base}${text}\n`);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(/^scenarios\/peak\.yaml:\d+:\d+/);
      expect(line).not.toMatch(/hunter2|0815/);
    }
  });

  it('says what was expected', () => {
    expect(linesOf(`${HEAD}auth: { user: 1001, password: 42 }\n`)).toEqual([
      'scenarios/peak.yaml:4:9 auth.user: expected a user name of 1 to 128 characters on one line, in quotes where it is a number, got 1001',
      'scenarios/peak.yaml:4:21 auth.password: expected a password of 1 to 128 characters on one line, in quotes where it is a number (what was given is not shown)',
    ]);
    expect(linesOf(`${HEAD}auth: { user: "1" }\n`)).toEqual([
      'scenarios/peak.yaml:4:1 auth.password: missing; expected a password of 1 to 128 characters on one line, in quotes where it is a number',
    ]);
    expect(linesOf(`${HEAD}auth: { user: "1", password: "\${env:NONE}" }\n`)[0]).toContain(
      'the environment variable NONE is not set',
    );
  });

  it('nor does a warning of the parser show it', () => {
    const { warnings, problems } = load(`${HEAD}auth: { user: a, password: !${SECRET} x }\n`);
    expect([...warnings, ...problems.map(formatProblem)].join('\n')).not.toContain(SECRET);
    expect(warnings).toHaveLength(1);
  });
});

const authsOf = (text: string | null, flags: RunFlags): unknown => {
  const { scenario, problems } = applyOverrides(text === null ? null : good(text, { A: 'x' }), {
    ...(text === null && { target: 'loopback' }),
    ...flags,
  });
  if (scenario === null) return problems.map(formatProblem);
  return [scenario.auth, ...scenario.endpoints.map(({ auth }) => auth)];
};

describe('--user and --password', () => {
  it('are credentials for every endpoint', () => {
    expect(authsOf(null, { user: 'u', password: 'p' })).toEqual([{ user: 'u', password: 'p' }, null]);
  });

  it('replace each its part', () => {
    expect(authsOf(AUTH, { user: 'u' })).toEqual([{ user: 'u', password: SECRET }, null]);
    expect(authsOf(AUTH, { password: 'p' })).toEqual([{ user: '1001', password: 'p' }, null]);
    expect(authsOf(TWO, { password: 'p' })).toEqual([null, { user: 'a', password: 'p' }, null]);
    expect(authsOf(TWO, { user: 'u', password: 'p' })).toEqual([
      { user: 'u', password: 'p' },
      { user: 'u', password: 'p' },
      null,
    ]);
  });

  it('need each other', () => {
    expect(authsOf(null, { user: 'u' })).toEqual([
      '--password: missing; expected the password of --user (best as CALLGAUGE_PASSWORD in the environment)',
    ]);
    expect(authsOf(HEAD, { password: SECRET })).toEqual(['--user: missing; expected the user that --password is for']);
  });

  it('show no password that is wrong', () => {
    const lines = authsOf(HEAD, { user: 'u', password: `${SECRET}\n` }) as string[];
    expect(lines).toEqual([
      '--password: expected a password of 1 to 128 characters on one line (what was given is not shown)',
    ]);
  });
});
