/** Users of a scenario: how they are written, who they are, what is wrong with them, and that no password is shown. */
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { formatProblem } from '../../../src/lib/errors.js';
import { redactorOf, redactTexts } from '../../../src/run/redacted-result.js';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { applyOverrides } from '../../../src/scenario/overrides.js';
import { expectedPeak, legsPerCall, usersCap, usersWarning } from '../../../src/scenario/peak.js';
import type { Scenario } from '../../../src/scenario/scenario.js';
import { scenarioJsonSchema } from '../../../src/scenario/schema.js';
import { formatUserRange, parseUserRange, usersOf } from '../../../src/scenario/user-range.js';
import { checkUsers } from '../../../src/scenario/users-checks.js';
import { FILE } from './documents.js';

const HEAD = 'version: 1\nname: users\ntarget: sip:10.0.0.5\ncall: { to: users }\n';
const SECRET = 'hunter2-0815';
const CSV = `extension,secret,login\n1001,${SECRET},a\n0100,"p,w",b\n`;

function load(text: string, files: Readonly<Record<string, string>> = {}, env: Record<string, string> = {}) {
  const readFile = (path: string): string => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return content;
  };
  return loadScenario(text, { file: FILE, env, readFile });
}

const linesOf = (text: string, files = {}): string[] => load(text, files).problems.map(formatProblem);

function good(text: string, files: Readonly<Record<string, string>> = {}, env: Record<string, string> = {}): Scenario {
  const { scenario, problems } = load(text, files, env);
  if (scenario === null) throw new Error(problems.map(formatProblem).join('\n'));
  return scenario;
}

const checked = (text: string): string[] => checkUsers(good(text)).map(formatProblem);

describe('a range', () => {
  it.each([
    ['1001-1003', ['1001', '1002', '1003']],
    ['0098-0100', ['0098', '0099', '0100']],
    ['98-101', ['98', '99', '100', '101']],
    ['7-7', ['7']],
  ])('%s', (text, users) => {
    const range = parseUserRange(text);
    expect(range && usersOf(range)).toEqual(users);
    expect(range && formatUserRange(range)).toBe(text);
  });

  it.each([
    '1001',
    '1003-1001',
    '001-10',
    '1-200000',
    'a-b',
    '-1-2',
    '1001-',
    '1 - 2',
    '1'.repeat(16) + '-' + '2'.repeat(16),
  ])('%s is none', (text) => expect(parseUserRange(text)).toBeUndefined());
});

describe('users', () => {
  it('are written one by one, as ranges and as rows of a CSV file, which is read once', () => {
    const text = `${HEAD}users:
  - { user: "0123", password: "\${env:P}", authUser: login }
  - { user: alice }
  - { range: 1001-1002, password: p }
  - { user: "x\${csv:users.csv#extension}", password: "\${csv:users.csv#secret}", authUser: "\${csv:users.csv#login}@\${env:P}" }
registration: { rate: 30/m, expires: 1m }
`;
    const { users, call, endpoints } = good(text, { 'scenarios/users.csv': CSV }, { P: '0001' });
    expect(users?.list).toEqual([
      { user: '0123', password: '0001', authUser: 'login', labels: {} },
      { user: 'alice', password: null, authUser: 'alice', labels: {} },
      { user: '1001', password: 'p', authUser: '1001', labels: {} },
      { user: '1002', password: 'p', authUser: '1002', labels: {} },
      { user: 'x1001', password: SECRET, authUser: 'a@0001', labels: {} },
      { user: 'x0100', password: 'p,w', authUser: 'b@0001', labels: {} },
    ]);
    expect(users).toMatchObject({ rate: 0.5, expiresMs: 60_000 });
    expect(call.to).toBe('users');
    expect(endpoints[0]?.target).toMatchObject({ kind: 'sip', uri: 'sip:10.0.0.5', user: '', host: '10.0.0.5' });
  });

  it('register at 20/s for 5 minutes where nothing is said', () => {
    expect(good(`${HEAD}users: [{ range: 1-2 }]\n`).users).toMatchObject({ rate: 20, expiresMs: 300_000 });
  });

  it('may call the number of the target', () => {
    const { call, users } = good('version: 1\nname: u\ntarget: sip:600@10.0.0.5\nusers: [{ user: "1" }]\n');
    expect([call.to, users?.list.length]).toEqual(['target', 1]);
  });

  it('from an environment variable that holds a reference stay what it holds', () => {
    const { users } = good(
      `${HEAD}users: [{ user: a, password: "\${env:P}" }, { user: b }]\n`,
      {},
      { P: '${csv:x#y}' },
    );
    expect(users?.list[0]?.password).toBe('${csv:x#y}');
  });
});

const at = (line: string, column: number): string => `scenarios/peak.yaml:5:${column} ${line}`;

const differentUsers = (count: number): string =>
  Array.from({ length: count }, (_, user) => `  - { user: u${user}, labels: { seat: s${user} } }\n`).join('');

describe('labels of users', () => {
  const text = `${HEAD}users:
  - { range: 1001-1002, labels: { site: berlin } }
  - { user: "\${csv:u.csv#nr}", labels: { site: "\${csv:u.csv#site}", device: desk } }
`;
  const files = { 'scenarios/u.csv': 'nr,site\n7,paris\n8,\n' };

  it('are those of all of an entry, or of each row of a CSV file; an empty field is none', () => {
    expect(good(text, files).users?.list.map(({ user, labels }) => [user, labels])).toEqual([
      ['1001', { site: 'berlin' }],
      ['1002', { site: 'berlin' }],
      ['7', { site: 'paris', device: 'desk' }],
      ['8', { device: 'desk' }],
    ]);
  });

  it('are written back as they were written', () => {
    const document = scenarioDocument(good(text, files));
    expect(document['users']).toEqual([
      { range: '1001-1002', labels: { site: 'berlin' } },
      { user: '${csv:u.csv#nr}', labels: { site: '${csv:u.csv#site}', device: 'desk' } },
    ]);
    expect(good(stringify(document), files).users).toEqual(good(text, files).users);
  });

  it('may be of 100 different sets at most', () => {
    expect(checked(`${HEAD}users:\n${differentUsers(100)}`)).toEqual([]);
    expect(checked(`${HEAD}users:\n${differentUsers(101)}`)).toEqual([
      'scenarios/peak.yaml:5:1 users: expected at most 100 different sets of labels, got 101 (each has figures of its own: label what users have in common, such as their site)',
    ]);
  });
});

describe('what is wrong with users', () => {
  it.each<[string, string]>([
    ['users: []', at('users: expected at least one entry, got a list', 1)],
    ['users: [{ password: p }]', at('users[0]: expected either "user" or "range", got neither', 9)],
    ['users: [{ user: a, range: 1-2 }]', at('users[0]: expected either "user" or "range", got both', 9)],
    [
      'users: [{ user: 1001 }]',
      at(
        'users[0].user: expected a user name of 1 to 128 characters on one line, in quotes where it is a number, got 1001',
        11,
      ),
    ],
    [
      'users: [{ range: 9-1 }]',
      at(
        'users[0].range: expected a range of at most 100000 numbers like 1001-1099, the lower one first, got "9-1"',
        11,
      ),
    ],
    ['users: [{ user: a, pasword: p }]', at('users[0].pasword: unknown key "pasword" (did you mean "password"?)', 20)],
    [
      'users: [{ user: "${csv:u.csv#nr}" }]',
      at('users[0].user: unknown column "nr" (known here: extension, secret, login)', 11),
    ],
    [
      'users: [{ user: "${csv:u.csv#extensio}" }]',
      at('users[0].user: unknown column "extensio" (did you mean "extension"?)', 11),
    ],
    ['users: [{ user: "${csv:none.csv#a}" }]', at('users[0].user: "none.csv": the file cannot be read (ENOENT)', 11)],
    ['users: [{ user: "${csv:bad.csv#a}" }]', at('users[0].user: "bad.csv": expected 2 fields in row 1, got 1', 11)],
    ['users: [{ user: "${csv:empty.csv#a}" }]', at('users[0].user: expected a row for each user, got none', 11)],
    [
      'users: [{ user: "${csv:gap.csv#a}" }]',
      at('users[0].user: expected 1 to 128 characters on one line in each row, got something else in row 2', 11),
    ],
    ['users: [{ user: "${csv:u.csv}" }]', at('users[0].user: expected ${csv:file#column}', 11)],
    [
      'users: [{ range: 1-2, password: "${csv:u.csv#secret}" }]',
      at('users[0].range: expected either a range or columns of a CSV file, got both', 11),
    ],
    [
      'users: [{ user: "${csv:u.csv#extension}", password: "${csv:gap.csv#a}" }]',
      at('users[0].password: expected columns of one CSV file, got several', 43),
    ],
    [
      'users: [{ user: a, labels: { site: [] } }]',
      at('users[0].labels.site: expected a label of 1 to 64 characters on one line, got a list', 30),
    ],
    [
      'users: [{ user: a, labels: { codec: x } }]',
      at('users[0].labels.codec: expected a label of another name: codec is a tag of every gate', 30),
    ],
    [
      'users: [{ user: a, labels: { site: "${file:one.txt}" } }]',
      at(
        'users[0].labels.site: expected plain text, got a reference: names, labels and gates are printed in every report',
        30,
      ),
    ],
    [
      'users: [{ user: "${csv:u.csv#extension}", password: "${csv:u.csv#secret}", labels: { site: "${csv:u.csv#secret}" } }]',
      at('users[0].labels.site: expected no label that is a password', 86),
    ],
    [
      'users: [{ user: "${csv:u.csv#extension}", labels: { site: "${csv:u.csv#sit}" } }]',
      at('users[0].labels.site: unknown column "sit" (known here: extension, secret, login)', 53),
    ],
    ['users: [{ range: 1-100000 }, { user: a }]', at('users: expected at most 100000 users, got 100001', 1)],
  ])('%s', (line, problem) => {
    const files = {
      'scenarios/u.csv': CSV,
      'scenarios/one.txt': 'berlin\n',
      'scenarios/bad.csv': 'a,b\n1\n',
      'scenarios/empty.csv': 'a\n',
      'scenarios/gap.csv': 'a,b\n1,2\n,2\n',
    };
    expect(linesOf(`${HEAD}${line}\n`, files)).toEqual([problem]);
  });

  it('a password is in no message', () => {
    const files = { 'scenarios/u.csv': `a,secret\n1,${SECRET}${'x'.repeat(128)}\n` };
    const lines = [
      ...linesOf(`${HEAD}users: [{ user: a, password: [${SECRET}] }]\n`),
      ...linesOf(`${HEAD}users: [{ user: "\${csv:u.csv#a}", password: "\${csv:u.csv#secret}" }]\n`, files),
    ];
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('hunter2');
  });

  it('CSV files are for users only', () => {
    const [line] = linesOf('version: 1\nname: u\ntarget: "sip:${csv:u.csv#a}@10.0.0.5"\n');
    expect(line).toBe(
      'scenarios/peak.yaml:3:1 target: expected no ${csv:…} here: only user, password, authUser and labels of users may come from a CSV file',
    );
  });

  it('who calls each other must be there, and so must who registers', () => {
    const hint = '(for example: users: [{ range: 1001-1010, password: "${env:PBX_PASSWORD}" }])';
    expect(linesOf(HEAD)).toEqual([
      `scenarios/peak.yaml:4:9 call.to: expected users who call each other, got none ${hint}`,
    ]);
    expect(linesOf('version: 1\nname: u\ntarget: loopback\nregistration: { rate: 1/s }\n')).toEqual([
      `scenarios/peak.yaml:4:1 registration: expected users who register, got none ${hint}`,
    ]);
  });

  it('a PBX without a number is enough only where users call each other', () => {
    expect(linesOf('version: 1\nname: u\ntarget: sip:10.0.0.5\n')).toEqual([
      'scenarios/peak.yaml:3:1 target: expected loopback or sip:user@host[:port][;transport=…], got no number before the host (a PBX alone will do where users call each other: call.to: users)',
    ]);
    const scenario = good(`${HEAD}users: [{ range: 1-2 }]\n`);
    expect(applyOverrides(scenario, { target: 'sip:10.0.0.6:5070' }).problems).toEqual([]);
    const other = good('version: 1\nname: u\ntarget: loopback\n');
    expect(applyOverrides(other, { target: 'sip:10.0.0.6' }).problems.map(({ where }) => where)).toEqual(['--target']);
  });
});

describe('the scenario as it will run', () => {
  it.each<[string, string, string[]]>([
    [
      'two users for each thread',
      'users: [{ range: 1-3 }]\nworkers: { signalling: 2 }',
      ['5:1 users: expected at least 4 users for 2 threads, got 3'],
    ],
    ['two at least', 'users: [{ user: a }]', ['5:1 users: expected at least 2 users, got 1']],
    [
      'everybody once',
      'users: [{ range: 1-3 }, { user: "2" }]',
      ['5:1 users: expected each user once, got user 4 of 4 again'],
    ],
    [
      'no emergency number',
      'users: [{ range: 110-112 }]',
      ['5:1 users: expected users without an emergency number, got user 3 of 3 (emergency services are never called)'],
    ],
    [
      'no other credentials',
      'users: [{ range: 1-2 }]\nauth: { user: a, password: b }',
      ['6:1 auth: expected no other credentials beside users: each calls with its own'],
    ],
    [
      'a connection that stays',
      'users: [{ range: 1-2 }]\nnetwork: { connections: call }',
      [
        '6:12 network.connections: expected "worker" or "user", got "call": registered users are reached over a connection that stays',
      ],
    ],
    ['a connection for each of them', 'users: [{ range: 100000-119999 }]\nnetwork: { connections: user }', []],
    [
      'ports for all of them',
      'users: [{ range: 100000-120000 }]\nnetwork: { connections: user }',
      [
        '6:12 network.connections: expected at most 20000 users with a connection each, got 20001 (one port each: network.connections: worker has one for all of a worker)',
      ],
    ],
    ['good', 'users: [{ range: 1-2 }]', []],
  ])('%s', (_, lines, expected) => {
    expect(checked(`${HEAD}${lines}\n`)).toEqual(expected.map((line) => `scenarios/peak.yaml:${line}`));
  });

  it.each<[string, string[]]>([
    ['call: { to: users, marker: true }', []],
    [
      'codec: opus\ncall: { hold: 3s, marker: true }',
      [
        'calls between users (call.to: users)',
        'calls of 4 s at least',
        'codecs that are built in, for a tone is put into their audio',
      ],
    ],
    ['media: false\ncall: { to: users, marker: true }', ['media']],
  ])('has a marker in calls that can have one: %s', (lines, lacks) => {
    const text = `version: 1\nname: u\ntarget: sip:a@pbx.test\nusers: [{ range: 1-2 }]\n${lines}\n`;
    expect(checkUsers(good(text)).map(({ message }) => message)).toEqual(
      lacks.map((what) => `expected ${what} where calls have a marker`),
    );
  });

  it('needs users who have a connection, where each is to have one', () => {
    const scenario = good('version: 1\nname: u\ntarget: sip:a@pbx.test\nnetwork: { connections: user }\n');
    expect(checkUsers(scenario).map(formatProblem)).toEqual([
      'scenarios/peak.yaml:4:12 network.connections: expected users who have a connection each, got none',
    ]);
  });

  it('needs one target, which is a registrar', () => {
    const scenario = good(`${HEAD}users: [{ range: 1-2 }]\n`);
    const { scenario: turned } = applyOverrides(scenario, { target: 'loopback' });
    expect(checkUsers(turned ?? scenario).map(formatProblem)).toEqual([
      '--target: expected a PBX where the users register, got loopback, which is none (give its address: --target sip:pbx.example.com)',
    ]);
    const two = `version: 1\nname: u\nendpoints:\n  - { name: a, target: "sip:1@10.0.0.5" }\n  - { name: b, target: "sip:2@10.0.0.5" }\nusers: [{ range: 1-2 }]\n`;
    expect(checked(two)).toEqual([
      'scenarios/peak.yaml:3:1 endpoints: expected one target, where the users register, got 2',
    ]);
  });
});

describe('the peak', () => {
  const schedule = { peakActive: () => 12 };
  it('has two legs for each call between users, and never more calls than pairs', () => {
    const scenario = good(`${HEAD}users: [{ range: 1-9 }]\nload: { stages: [{ rate: 1/s, hold: 1m }] }\n`);
    expect([legsPerCall(scenario), usersCap(scenario)]).toEqual([2, 4]);
    const peak = expectedPeak(scenario, schedule);
    // 4 calls × 2 legs × 50 packets a second × 2 directions.
    expect(peak).toMatchObject({ calls: 4, packetsPerSecond: 800 });
    expect(peak.ports).toBeGreaterThanOrEqual(4 * 2 * 2);
    expect(usersWarning(scenario, schedule)).toBe(
      'users: 9 allow 4 calls at once, and the load asks for 12 (24 users): calls will wait for a free user',
    );
  });

  it('says nothing where the users will do', () => {
    const scenario = good(`${HEAD}users: [{ range: 1-24 }]\n`);
    expect(usersWarning(scenario, { peakActive: () => 10 })).toBeNull();
    expect(usersWarning(good('version: 1\nname: u\ntarget: loopback\n'), schedule)).toBeNull();
  });
});

describe('the document of a result', () => {
  const text = `${HEAD}users:
  - { range: 1001-1003, password: ${SECRET} }
  - { user: "\${csv:u.csv#extension}", password: "\${csv:u.csv#secret}" }
  - { user: alice, password: "\${env:P}", authUser: bob }
`;
  const files = { 'scenarios/u.csv': `extension,secret\n2001,${SECRET}\n2002,x\n` };

  it('holds users as they were written, and no password', () => {
    const document = scenarioDocument(good(text, files, { P: SECRET }));
    expect(document['users']).toEqual([
      { range: '1001-1003', password: '[redacted]' },
      { user: '${csv:u.csv#extension}', password: '${csv:u.csv#secret}' },
      { user: 'alice', password: '${env:P}', authUser: 'bob' },
    ]);
    expect(document['registration']).toEqual({ rate: '20/s', expires: '5m' });
    expect(JSON.stringify(document)).not.toContain(SECRET);
    expect(good(stringify(document), files, { P: SECRET }).users?.list.map(({ user }) => user)).toEqual([
      '1001',
      '1002',
      '1003',
      '2001',
      '2002',
      'alice',
    ]);
  });

  it('hides numbers where that is asked for', () => {
    const scenario = good(`${text}redact: numbers\n`, files, { P: SECRET });
    const redactor = redactorOf(scenario);
    expect(redactor).not.toBeNull();
    const hidden = JSON.stringify(
      redactor && redactTexts({ scenario: scenarioDocument(scenario), say: 'alice called 2002' }, redactor),
    );
    for (const name of ['1001', '1003', '2002', 'alice', 'bob']) expect(hidden).not.toContain(name);
  });

  it('says nothing of users where there are none', () => {
    const document = scenarioDocument(good('version: 1\nname: u\ntarget: loopback\n'));
    expect([document['users'], document['registration']]).toEqual([undefined, undefined]);
    expect(document['call']).not.toHaveProperty('to');
  });
});

describe('the JSON Schema', () => {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(scenarioJsonSchema());
  it.each([
    ['users: [{ range: 1001-1099, password: "${env:P}" }]', true],
    ['users: [{ user: "${csv:u.csv#extension}", password: "${csv:u.csv#secret}" }]', true],
    ['users: [{ user: a }, { user: b, authUser: c }]\nregistration: { rate: 5/s, expires: 1m }', true],
    ['users: [{ user: a, range: 1-2 }]', false],
    ['users: [{ password: p }]', false],
    ['users: []', false],
    ['users: [{ user: 1001 }]', false],
    ['users: [{ range: 1001 }]', false],
    ['users: [{ range: 1-2 }]\nregistration: { rate: 5 }', false],
    ['users: [{ range: 1-2 }]\nregistration: { expires: 1s, rat: 1/s }', false],
  ])('and the loader agree on %s', (lines, isGood) => {
    const text = `${HEAD}${lines}\n`;
    const files = { 'scenarios/u.csv': CSV };
    expect([validate(parse(text)), load(text, files, { P: 'x' }).problems.length === 0]).toEqual([isGood, isGood]);
  });
});
