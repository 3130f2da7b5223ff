import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/lib/errors.js';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { stringify } from 'yaml';
import { FILE, good, HEAD, linesOf, load } from './documents.js';

describe('good documents', () => {
  it('fills every default', () => {
    expect(good(HEAD)).toMatchObject({
      version: 1,
      name: 'peak',
      endpoints: [{ name: 'target', target: { kind: 'loopback' }, labels: {}, auth: null }],
      auth: null,
      audioPath: null,
      codecs: ['PCMU'],
      ptimeMs: 20,
      media: true,
      call: { holdMs: 10_000, ringTimeoutMs: 32_000, expect: 'answered', figures: true },
      load: { calls: 10, concurrency: null, stages: [{ kind: 'hold', rate: 10, durationMs: null }], warmupMs: 0 },
      gates: null,
      safety: {
        authorised: false,
        allow: null,
        allowPublic: [],
        maxRate: 500,
        maxConcurrency: 10_000,
        stopAfterRefusals: 100,
      },
      network: {
        localAddress: null,
        advertise: null,
        rtpPorts: { first: 16_384, last: 24_575 },
        waitMs: 0,
        optionsIntervalMs: null,
      },
      workers: { signalling: 1, media: null, realtime: false },
      seed: null,
    });
  });

  it('reads everything that can be written', () => {
    const scenario = good(`version: 1
name: all
endpoints:
  - name: trunk-a
    target: SIP:echo@192.0.2.10:5070;transport=UDP
    labels: { site: berlin }
  - { name: b, target: "sip:7@[2001:DB8::1]" }
audio: ../audio/./speech.wav
media: false
call: { hold: 1.5m, ringTimeout: 20s, expect: 486, figures: false }
load:
  calls: 100
  concurrency: 50
  stages:
    - { rate: 90/m, ramp: 5s }
    - { rate: 20/s }
  warmup: 500ms
gates:
  - success_ratio >= 99%
  - { expr: mos.p5 >= 3.6, severity: warn, minSamples: 20, onNoData: skip }
safety: { authorised: true, allow: [192.0.2.0/24, PBX.example.com], maxRate: 30/s, maxConcurrency: 60, stopAfterRefusals: 5 }
network: { localAddress: 127.0.0.1, advertise: "2001:db8::5", rtpPorts: 20000-20999, wait: 1m, optionsInterval: 1s }
workers: { signalling: 2, media: 3 }
seed: 7
`);
    expect(scenario.endpoints).toEqual([
      {
        name: 'trunk-a',
        target: {
          kind: 'sip',
          uri: 'sip:echo@192.0.2.10:5070',
          user: 'echo',
          host: '192.0.2.10',
          port: 5070,
          transport: 'udp',
          transportByDns: false,
          isSecure: false,
        },
        labels: { site: 'berlin' },
        auth: null,
      },
      {
        name: 'b',
        target: {
          kind: 'sip',
          uri: 'sip:7@[2001:DB8::1]',
          user: '7',
          host: '2001:db8::1',
          port: null,
          transport: 'udp',
          transportByDns: false,
          isSecure: false,
        },
        labels: {},
        auth: null,
      },
    ]);
    expect(scenario.audioPath).toBe('audio/speech.wav');
    expect(scenario.call).toMatchObject({
      to: 'target',
      holdMs: 90_000,
      ringTimeoutMs: 20_000,
      expect: 486,
      figures: false,
    });
    expect(scenario.load.stages).toEqual([
      { kind: 'ramp', rate: 1.5, durationMs: 5000 },
      { kind: 'hold', rate: 20, durationMs: null },
    ]);
    expect(scenario.gates).toEqual([
      { expr: 'success_ratio >= 99%', where: 'scenarios/peak.yaml:19:5 gates[0]' },
      {
        expr: 'mos.p5 >= 3.6',
        severity: 'warn',
        minSamples: 20,
        onNoData: 'skip',
        where: 'scenarios/peak.yaml:20:5 gates[1]',
      },
    ]);
    expect(scenario.safety.allow).toEqual(['192.0.2.0/24', 'pbx.example.com']);
    expect(scenario.network.rtpPorts).toEqual({ first: 20_000, last: 20_999 });
    expect(scenario.network.optionsIntervalMs).toBe(1000);
  });

  it('a bad link for the loopback answerer, kept and written back in one form', () => {
    const scenario = good(`${HEAD}loopback: { impair: "jitter=20ms,loss=0.02" }\n`);
    expect(scenario.loopback).toEqual({ impair: 'loss=2%,jitter=20ms' });
    expect(scenarioDocument(scenario)).toMatchObject({ loopback: { impair: 'loss=2%,jitter=20ms' } });
    expect(good(HEAD).loopback).toEqual({ impair: null });
    expect(scenarioDocument(good(HEAD))).not.toHaveProperty('loopback');
  });

  it('an empty list of gates is none, not the default', () => {
    expect(good(`${HEAD}gates: []\n`).gates).toEqual([]);
  });

  it('the smoke scenario is one of them', () => {
    const text = readFileSync(new URL('../../../scenarios/smoke.yaml', import.meta.url), 'utf8');
    const { problems, scenario } = loadScenario(text, { file: 'smoke.yaml', env: {} });
    expect(problems).toEqual([]);
    expect(scenario?.gates).toHaveLength(5);
  });
});

describe('bad documents: the exact lines', () => {
  it.each<[string, string, string[]]>([
    [
      'a bad rate',
      `${HEAD}load:\n  stages:\n    - { rate: 5/s, ramp: 5s }\n    - { rate: 20 per s, hold: 5s }\n`,
      ['7:9 load.stages[1].rate: expected a rate like 20/s, got "20 per s"'],
    ],
    [
      'OPTIONS more often than once a second',
      `${HEAD}network: { optionsInterval: 999ms }\n`,
      ['4:12 network.optionsInterval: expected a duration like 10s, at least 1s, got "999ms"'],
    ],
    ['an unknown key', `${HEAD}laod: {}\n`, ['4:1 laod: unknown key "laod" (did you mean "load"?)']],
    [
      'an unknown key deeper down',
      `${HEAD}load:\n  stages:\n    - rate: 5/s\n      hodl: 5s\n      hold: 5s\n`,
      ['7:7 load.stages[0].hodl: unknown key "hodl" (did you mean "hold"?)'],
    ],
    [
      'an unknown key like no other',
      `${HEAD}workers: { zzzzzz: 1 }\n`,
      ['4:12 workers.zzzzzz: unknown key "zzzzzz" (known here: signalling, media, realtime)'],
    ],
    [
      'a key of the top further down, and one of a section in another',
      `${HEAD}call: { srtp: required }\nload: { hold: 10s }\n`,
      [
        '4:9 call.srtp: unknown key "srtp" (did you mean "srtp" at the top of the file?)',
        '5:9 load.hold: unknown key "hold" (did you mean "call.hold"?)',
      ],
    ],
    ['a duplicate key', `${HEAD}name: again\n`, ['4:1 name: duplicate key "name", first on line 2']],
    ['nothing where something belongs', `${HEAD}gates:\n`, ['4:1 gates: expected a list, got nothing']],
    [
      'a plain number for a time',
      `${HEAD}call: { hold: 10 }\n`,
      ['4:9 call.hold: expected a duration like 10s, got 10'],
    ],
    [
      'an empty gate',
      `${HEAD}gates: [""]\n`,
      ['4:9 gates[0].expr: expected a gate of 1 to 300 characters on one line, got ""'],
    ],
    ['no stage', `${HEAD}load: { stages: [] }\n`, ['4:9 load.stages: expected at least one stage, got a list']],
    [
      'both times',
      `${HEAD}load: { stages: [{ rate: 1/s, ramp: 1s, hold: 1s }] }\n`,
      ['4:18 load.stages[0]: expected either "ramp" or "hold", got both'],
    ],
    [
      'no time and no calls',
      `${HEAD}load: { stages: [{ rate: 1/s }] }\n`,
      [
        '4:18 load.stages[0]: expected "ramp" or "hold" with a time, got neither (only the last stage may have none, with a rate above 0 and with load.calls)',
      ],
    ],
    [
      'no time before the last',
      `${HEAD}load: { calls: 5, stages: [{ rate: 1/s }, { rate: 1/s, hold: 1s }] }\n`,
      [
        '4:28 load.stages[0]: expected "ramp" or "hold" with a time, got neither (only the last stage may have none, with a rate above 0 and with load.calls)',
      ],
    ],
    [
      'no calls at all',
      `${HEAD}load: { stages: [{ rate: 0/s, hold: 1s }] }\n`,
      ['4:9 load.stages: expected a rate above 0 in some stage'],
    ],
    [
      'another codec',
      `${HEAD}codec: G729\n`,
      [
        '4:1 codec: expected PCMU, PCMA, G722, OPUS or an encoding of `replay` (any other codec is played from captured payloads: describe it under `replay`)',
      ],
    ],
    [
      'an impairment with several faults',
      `${HEAD}loopback: { impair: "los=2%,jitter=90ms" }\n`,
      [
        '4:13 loopback.impair: part 1: unknown key (did you mean "loss"?); jitter: expected a duration like 20ms, up to 25ms, got "los=2%,jitter=90ms"',
      ],
    ],
    ['another version', HEAD.replace('1', '2'), ['1:1 version: expected 1, the only version of the format, got 2']],
    [
      'ports upside down',
      `${HEAD}network: { rtpPorts: 24575-16384 }\n`,
      [
        '4:12 network.rtpPorts: expected ports like 16384-24575, from 1024 to 65535 and at least two, got "24575-16384"',
      ],
    ],
    [
      'two ways to a target',
      `${HEAD}endpoints: [{ name: a, target: loopback }]\n`,
      ['3:1 target: expected either "target" or "endpoints", got both (move the target into the list)'],
    ],
    [
      'no target',
      'version: 1\nname: x\n',
      ['1:1 target: missing; expected "target" or "endpoints" (for a first try: target: loopback)'],
    ],
    [
      'one name twice',
      'version: 1\nname: x\nendpoints:\n  - { name: a, target: loopback }\n  - { name: a, target: loopback }\n',
      ['5:7 endpoints[1].name: expected a name of its own, got that of an endpoint above'],
    ],
    ['a scalar', '5\n', ['1:1: expected a mapping of keys to values, got 5']],
    ['nothing', '# only a comment\n', ['1:1: expected a scenario, got an empty document']],
    ['two documents', `${HEAD}---\n${HEAD}`, ['4:1: expected one YAML document, got several']],
    ['an alias without anchor', `${HEAD}seed: *none\n`, ['4:1 seed: expected an anchor before its alias, got *none']],
    [
      'broken YAML, once',
      `${HEAD}load: { stages: [\n`,
      ['5:1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
  ])('%s', (_name, text, lines) => {
    expect(linesOf(text)).toEqual(lines.map((line) => `${FILE}:${line}`));
  });

  it('shows all problems at once, top to bottom', () => {
    const text = `version: 1
nmae: x
target: sip:x@y;transport=sctp
call: { hold: soon, expect: 200 }
load:
  calls: 0
  stages:
    - { rate: fast, ramp: 5s, hold: 5s }
gates: [7]
seed: -1
`;
    expect(linesOf(text).map((line) => line.slice(FILE.length + 1))).toEqual([
      '1:1 name: missing; expected a name of 1 to 64 letters, digits, dots, dashes and underscores',
      '2:1 nmae: unknown key "nmae" (did you mean "name"?)',
      '3:1 target: expected transport=udp, tcp, tls, ws, wss, got "sip:x@y;transport=sctp"',
      '4:9 call.hold: expected a duration like 10s, got "soon"',
      '4:21 call.expect: expected answered or a final status from 300 to 699, got 200',
      '6:3 load.calls: expected a whole number from 1 to 1000000000, got 0',
      '8:7 load.stages[0]: expected either "ramp" or "hold", got both',
      '8:9 load.stages[0].rate: expected a rate like 20/s, got "fast"',
      '9:9 gates[0]: expected a mapping of keys to values, got 7',
      '10:1 seed: expected a whole number from 0 to 4294967295, got -1',
    ]);
  });
});

describe('hostile documents', () => {
  it('refuses more than 1 MiB, counted in bytes', () => {
    expect(linesOf(`# ${'é'.repeat(600_000)}\n${HEAD}`)).toEqual([`${FILE}:1:1: expected at most 1 MiB of YAML`]);
  });

  it('refuses an alias bomb at once', () => {
    const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const bomb = levels.map(
      (key, i) =>
        `${key}: &${key} [${Array(9)
          .fill(i === 0 ? 'x' : `*${levels[i - 1]}`)
          .join(',')}]`,
    );
    const lines = linesOf(`${bomb.join('\n')}\n`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/expected at most 100000 values, 32 deep/);
  });

  it('refuses an alias to itself', () => {
    expect(linesOf('a: &a [*a]\n').join()).toMatch(/32 deep/);
  });

  it('does not fall over thousands of brackets', () => {
    expect(linesOf('['.repeat(50_000))).toHaveLength(1);
  });

  it('never throws, and has a scenario or problems', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => HEAD + text),
        ),
        (text) => {
          const { scenario, problems } = load(text);
          expect(scenario === null).toBe(problems.length > 0);
        },
      ),
    );
  });

  it('a key called __proto__ is just unknown', () => {
    expect(linesOf(`${HEAD}__proto__: { seed: 1 }\n`).join()).toMatch(/4:1 __proto__: unknown key/);
  });
});

/** Fails as `node:fs` does. */
const noFile = (): string => {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};

describe('references', () => {
  const SECRET = 'hunter2-very-secret';

  it('are replaced in values, alone also as whole numbers', () => {
    const text = `version: 1\nname: x\ntarget: sip:\${env:USER_PART}@pbx.test\nload: { calls: "\${env:N}" }\n`;
    const scenario = good(text, { USER_PART: SECRET, N: '12' });
    expect(scenario.endpoints[0]?.target).toMatchObject({ user: SECRET });
    expect(scenario.load.calls).toBe(12);
  });

  it('read files beside the scenario, without the last newline', () => {
    const paths: string[] = [];
    const readFile = (path: string): string => `${paths.push(path) && SECRET}\n`;
    const text = 'version: 1\nname: x\ntarget: sip:${file:../keys/user}@pbx.test\n';
    const { scenario } = loadScenario(text, { file: FILE, env: {}, readFile });
    expect(paths).toEqual(['keys/user']);
    expect(scenario?.endpoints[0]?.target).toMatchObject({ user: SECRET });
  });

  it.each<[string, string, string]>([
    [
      'a missing variable',
      '${env:NONE}',
      'the environment variable NONE is not set (export it, or write the value here)',
    ],
    [
      'an inherited name',
      '${env:toString}',
      'the environment variable toString is not set (export it, or write the value here)',
    ],
    [
      'an empty variable',
      '${env:EMPTY}',
      'the environment variable EMPTY is empty (give it a value, or leave this key out)',
    ],
    ['a missing file', '${file:none}', 'the file "none" cannot be read (ENOENT)'],
    ['another kind', '${cvs:x}', 'expected ${env:NAME} or ${file:path}, got ${cvs:x}'],
    ['an open end', 'a${env:X', 'expected "}" at the end of a reference, got "a${env:X"'],
  ])('%s is a problem', (_name, value, message) => {
    const { problems } = loadScenario(`${HEAD}audio: ${value}\n`, { file: FILE, env: { EMPTY: '' }, readFile: noFile });
    expect(problems.map(formatProblem)).toEqual([`${FILE}:4:1 audio: ${message}`]);
  });

  it('may not stand where reports print', () => {
    expect(linesOf(HEAD.replace('peak', '${env:S}'), { S: 'x' }).join()).toMatch(/2:1 name: expected plain text/);
    expect(linesOf(`${HEAD}gates: ["\${env:S}"]\n`, { S: 'x' }).join()).toMatch(/gates\[0\]: expected plain text/);
  });

  it('never show what they stand for: no message, no document', () => {
    const everywhere = `version: 1\nname: x\ntarget: sip:a@\${env:S}:99999\naudio: \${env:S}\ncodec: \${env:S}\n`;
    const more = `call: { hold: "\${env:S}" }\nload: { calls: "\${env:S}" }\nsafety: { allow: ["\${env:S}/99"] }\nseed: "\${env:S}"\n`;
    const lines = linesOf(everywhere + more, { S: SECRET });
    expect(lines).toHaveLength(6);
    expect(lines.join('\n')).not.toContain(SECRET);
    const scenario = good(`version: 1\nname: x\ntarget: sip:\${env:S}@h\naudio: \${env:S}\nseed: "\${env:N}"\n`, {
      S: SECRET,
      N: '4711',
    });
    const document = scenarioDocument(scenario);
    expect(JSON.stringify(document)).not.toMatch(/hunter2|4711/);
    expect(document['endpoints']).toEqual([{ name: 'target', target: 'sip:${env:S}@h', labels: {} }]);
  });
});

it('the document of a scenario loads again as the same scenario', () => {
  const { sources: _, ...scenario } = good(
    `${HEAD}load: { calls: 7, stages: [{ rate: 90/m, ramp: 1.5s }, { rate: 20/m }] }\n`,
  );
  const { sources: __, ...again } = good(stringify(scenarioDocument(scenario)));
  expect(again).toEqual(scenario);
});
