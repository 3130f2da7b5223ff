/** Flags that replace values of a scenario, shared by `run` and `validate`, and the way from them to a checked plan. */
import type { Argv } from 'yargs';
import type { RunFlags } from '../scenario/overrides.js';

/** Every flag is text as it was typed: the scenario room reads the units and names the flag in its problems. */
const FLAGS = {
  'What to call:': {
    target: 'sip:user@host[:port][;transport=tcp|tls|ws|wss], or loopback',
    user: 'user name, where the target asks for credentials',
    password: 'its password; better in CALLGAUGE_PASSWORD',
    proxy: 'outbound proxy: sip:host[:port][;transport=…]',
    wait: 'wait so long for an answer to OPTIONS, e.g. 60s',
  },
  'How many calls:': {
    calls: 'calls in all [default: 10]',
    rate: 'new calls per second, e.g. 20/s [default: 10/s]',
    hold: 'length of a call from its answer [default: 10s]',
    duration: 'place calls for so long, e.g. 2m',
    concurrency: 'at most so many calls at once',
  },
  'Audio:': {
    codec: 'PCMU, PCMA, G722, OPUS, or several: G722,PCMA [default: PCMU]',
    ptime: 'audio of one packet, 10ms to 60ms [default: 20ms]',
    audio: 'WAV file to send, 8 or 16 kHz, 16 bit',
    srtp: 'off, required, or suites: AEAD_AES_128_GCM,AES_CM_128_HMAC_SHA1_80 [default: off]',
  },
  'Verdict:': {
    profile: 'ready-made gates: ci, trunk or capacity',
    baseline: 'result.json or folder of an earlier run to compare with',
  },
  'Connections:': {
    connections: 'worker: one for all its calls; user, call: one for each',
    'tls-ca': 'PEM file of the authorities to trust',
    'tls-cert': 'PEM file of our own certificate',
    'tls-key': 'PEM file of its key',
    'tls-key-password': 'of the key; better in CALLGAUGE_TLS_KEY_PASSWORD',
    'tls-server-name': 'name to expect in the certificate',
  },
  'Evidence:': {
    capture: 'packets of so many calls for Wireshark, 0-50 [default: 2]',
  },
  'This host:': {
    'local-address': 'address of this host to send from',
    advertise: 'address to write into SIP and SDP, or learned',
    workers: 'threads, e.g. signalling=1,media=2',
    seed: 'seed of everything random',
  },
} as const;
/** Flags that are no text, in the groups in which the help shows them. */
const SWITCHES = {
  'What to call:': ['allow-public'],
  'Audio:': ['no-media'],
  'Verdict:': ['gate', 'no-gates', 'inconclusive'],
  'Connections:': ['tls-insecure'],
  'Evidence:': ['capture-audio'],
  'This host:': ['realtime'],
  'Output:': ['redact-numbers'],
} as const;

export interface ScenarioArguments {
  readonly scenario?: string | undefined;
  /** Path of the result that gates may compare with. */
  readonly baseline?: string | undefined;
  readonly flags: RunFlags;
}

export function addScenarioFlags<T>(program: Argv<T>): Argv<T> {
  let flagged: Argv<T> = program;
  for (const [group, flags] of Object.entries(FLAGS)) {
    flagged = flagged.group([], group); // groups are shown in this order
    for (const [name, describe] of Object.entries(flags)) {
      flagged = flagged.option(name, { type: 'string', requiresArg: true, group, describe });
    }
  }
  for (const [group, names] of Object.entries(SWITCHES)) {
    flagged = flagged.group(names, group);
  }
  return flagged
    .option('no-media', { type: 'boolean', describe: 'signalling only: no RTP is sent or measured' })
    .option('tls-insecure', { type: 'boolean', describe: 'take any certificate of the target' })
    .option('capture-audio', { type: 'boolean', describe: 'with what is said in them, and as WAV' })
    .option('gate', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'a gate, e.g. "mos.p5 >= 3.6" (repeatable)',
    })
    .option('no-gates', { type: 'boolean', describe: 'exit 0 whatever the gates say' })
    .option('realtime', {
      type: 'boolean',
      describe: 'run the audio threads before all others of this host (SCHED_FIFO)',
    })
    .option('redact-numbers', {
      type: 'boolean',
      describe: 'hide users, telephone numbers and caller names: ***1',
    })
    .option('allow-public', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'host with a public address that may be called (repeatable)',
    });
}

/** What was typed. @param given the parsed arguments by flag name */
export function scenarioArguments(given: Readonly<Record<string, unknown>>): ScenarioArguments {
  const text = (name: string): string | undefined => {
    const value = lastOf(given[name]);
    return typeof value === 'string' ? value : undefined;
  };
  const isOn = (name: string): true | undefined => (lastOf(given[name]) === true ? true : undefined);
  const list = (name: string): readonly string[] | undefined =>
    Array.isArray(given[name]) ? given[name].map(String) : undefined;
  return {
    scenario: text('scenario'),
    baseline: text('baseline'),
    flags: {
      target: text('target'),
      calls: text('calls'),
      concurrency: text('concurrency'),
      rate: text('rate'),
      hold: text('hold'),
      duration: text('duration'),
      user: text('user'),
      password: text('password'),
      codec: text('codec'),
      ptime: text('ptime'),
      audio: text('audio'),
      srtp: text('srtp'),
      workers: text('workers'),
      realtime: given['realtime'] === undefined ? undefined : lastOf(given['realtime']) === true,
      seed: text('seed'),
      capture: text('capture'),
      captureAudio: isOn('capture-audio'),
      localAddress: text('local-address'),
      advertise: text('advertise'),
      wait: text('wait'),
      proxy: text('proxy'),
      connections: text('connections'),
      tlsCa: text('tls-ca'),
      tlsCert: text('tls-cert'),
      tlsKey: text('tls-key'),
      tlsKeyPassword: text('tls-key-password'),
      tlsServerName: text('tls-server-name'),
      // `--tls-insecure=false` turns the check on again that a scenario turns off.
      tlsInsecure: given['tls-insecure'] === undefined ? undefined : lastOf(given['tls-insecure']) === true,
      noMedia: isOn('no-media'),
      noGates: isOn('no-gates'),
      redactNumbers: isOn('redact-numbers'),
      gate: list('gate'),
      profile: text('profile'),
      allowPublic: list('allow-public'),
    },
  };
}

/** A flag given twice comes as a list, whatever its type says: the last one counts, as everywhere. */
export function lastOf<T>(value: T): T {
  return Array.isArray(value) ? ((value as readonly T[]).at(-1) ?? value) : value;
}
