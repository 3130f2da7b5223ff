/** `callgauge answer`: be the callee. Runs until a signal (or the program that started it) ends it. */
import type { Argv } from 'yargs';
import { ProblemsError, type Problem } from '../lib/errors.js';
import { parseImpairment, type Impairment, type ImpairmentCounts } from '../lib/impairment.js';
import { parseIp } from '../lib/ip-address.js';
import { SRTP_SUITE_NAMES } from '../lib/srtp-suite.js';
import { parseDuration, UNIT_FORMS } from '../lib/units.js';
import { codecNames } from '../media/codec/codec.js';
import { WavError } from '../media/source/wav-error.js';
import { AnswerRun, type AnswerCounts, type AnswerPlan } from '../run/answer-run.js';
import type { TransportName } from '../scenario/scenario.js';
import { TRANSPORTS } from '../scenario/target.js';
import { formatHost } from '../sip/message/uri.js';
import type { AnswererRole, CodecClip, PortRange, TlsMaterial } from '../worker/messages.js';
import { type FlowArguments, flowArguments, flowOf, flowOptions } from './answer-flow.js';
import { loadClips } from './clips.js';
import { netBackend, withEnvironment } from './environment.js';
import type { ProcessHost } from './host.js';
import { lastOf } from './scenario-flags.js';
import { protocolOf } from './target-servers.js';
import { readTlsFiles, type TlsFiles } from './tls-files.js';

const FIRST_SLOTS = 256;
const BUSY = 486;
const MOVED = 302;
const SRTP_USES = ['off', 'accepted', 'required'] as const;

interface AnswerArguments {
  readonly listen: string;
  readonly mode: 'echo' | 'play' | 'busy';
  readonly ring: string;
  readonly dropAfter: string | undefined;
  readonly audio: string | undefined;
  readonly rtpPorts: string;
  readonly advertise: string | undefined;
  readonly allowPublic: readonly string[] | undefined;
  readonly impair: string | undefined;
  readonly anyCodec: boolean;
  readonly ptime: string;
  readonly seed: string | undefined;
  readonly srtp: (typeof SRTP_USES)[number];
  readonly transport: TransportName;
  readonly tls: TlsFiles;
  readonly flow: FlowArguments;
}

export function answerCommand(program: Argv, host: ProcessHost, finish: (exitCode: number) => void): void {
  program.command(
    'answer',
    'be the callee: echo, play, ring, busy, redirect, hold, drop',
    (command) =>
      withEnvironment(
        audioOptions(flowOptions(transportOptions(grouped(command))))
          .option('listen', {
            type: 'string',
            requiresArg: true,
            default: '127.0.0.1:5060',
            describe: 'address and port; port 0: any free one; an IPv6 address in brackets',
          })
          .option('mode', {
            choices: ['echo', 'play', 'busy'] as const,
            default: 'echo' as const,
            describe: 'send back what comes, send speech, or refuse with 486',
          })
          .option('ring', {
            type: 'string',
            requiresArg: true,
            default: '0s',
            describe: 'ring so long before the answer; "forever" never answers',
          })
          .option('drop-after', { type: 'string', requiresArg: true, describe: 'hang up so long after the answer' })
          .option('advertise', { type: 'string', requiresArg: true, describe: 'address to write into SIP and SDP' })
          .option('allow-public', {
            type: 'string',
            array: true,
            requiresArg: true,
            describe: 'public address to which audio may be sent (repeatable)',
          })
          .option('seed', { type: 'string', requiresArg: true, describe: 'seed of everything random' })
          .option('quiet', { type: 'boolean', default: false, describe: 'print nothing but errors' }),
        host,
      ),
    async (given) => {
      const plan = planOf(host, {
        mode: lastOf(given.mode),
        listen: lastOf(given.listen),
        ring: lastOf(given.ring),
        dropAfter: lastOf(given['drop-after']),
        audio: lastOf(given.audio),
        rtpPorts: lastOf(given['rtp-ports']),
        advertise: lastOf(given.advertise),
        allowPublic: given['allow-public'],
        impair: lastOf(given.impair),
        anyCodec: given['any-codec'],
        ptime: lastOf(given.ptime),
        seed: lastOf(given.seed),
        srtp: lastOf(given.srtp),
        transport: lastOf(given.transport),
        flow: flowArguments(given),
        tls: {
          ca: lastOf(given['tls-ca']) ?? null,
          cert: lastOf(given['tls-cert']) ?? null,
          key: lastOf(given['tls-key']) ?? null,
          keyPassword: lastOf(given['tls-key-password']) ?? null,
          serverName: null,
          insecure: false,
        },
      });
      finish(await serve(host, plan, given.quiet));
    },
  );
}

/** In the order of the help. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Where:': ['listen', 'transport', 'advertise', 'allow-public'],
  'What it does:': [
    'mode',
    'ring',
    'drop-after',
    'redirect',
    'early-media',
    'reliable-provisional',
    'steps',
    'session-timer',
  ],
  'Audio:': ['audio', 'ptime', 'srtp', 'any-codec', 'impair', 'rtp-ports'],
  'TLS:': ['tls-cert', 'tls-key', 'tls-key-password', 'tls-ca'],
  'Output:': ['quiet', 'seed'],
};

function grouped(command: Argv): Argv {
  return Object.entries(GROUPS).reduce((flagged, [group, names]) => flagged.group([...names], group), command);
}

/** What it sends, and over what. */
function audioOptions<T>(command: Argv<T>) {
  return command
    .option('audio', { type: 'string', requiresArg: true, describe: 'WAV file for --mode play' })
    .option('rtp-ports', {
      type: 'string',
      requiresArg: true,
      default: '24576-32767',
      describe: 'range of RTP ports',
    })
    .option('impair', {
      type: 'string',
      requiresArg: true,
      describe: 'bad link for what is sent: loss=2%,burst=3,jitter=20ms (also delay=50ms,duplicate=1%,reorder=1%)',
    })
    .option('any-codec', {
      type: 'boolean',
      default: false,
      describe: 'with --mode echo: take whatever codec is offered and send its packets back as they come',
    })
    .option('ptime', {
      type: 'string',
      requiresArg: true,
      default: '20ms',
      describe: 'audio of one packet, 10ms to 60ms',
    });
}

function transportOptions(command: Argv) {
  return command
    .option('transport', {
      choices: TRANSPORTS,
      default: 'udp' as const,
      describe: 'what it listens on',
    })
    .option('srtp', {
      choices: SRTP_USES,
      default: 'accepted' as const,
      describe: 'encrypted audio: never, where the caller offers it, or nothing else',
    })
    .option('tls-cert', { type: 'string', requiresArg: true, describe: 'PEM file of its certificate' })
    .option('tls-key', { type: 'string', requiresArg: true, describe: 'PEM file of the key' })
    .option('tls-key-password', {
      type: 'string',
      requiresArg: true,
      describe: 'password of that key; better in the environment: CALLGAUGE_TLS_KEY_PASSWORD',
    })
    .option('tls-ca', {
      type: 'string',
      requiresArg: true,
      describe: 'PEM file: only callers with a certificate of these authorities are taken',
    });
}

async function serve(host: ProcessHost, plan: AnswerPlan, quiet: boolean): Promise<number> {
  const run = await AnswerRun.start(plan);
  // Before anybody is told that it answers: a Ctrl-C that comes at once must find somebody as well.
  const ended = new Promise<void>((resolve) => {
    host.onSignal(() => resolve());
    host.onParentGone(() => resolve());
    run.onLost = () => resolve();
  });
  const address = `${formatHost(plan.listen.address)}:${run.port}`;
  if (!quiet) {
    host.err(
      `answering on sip:${address} (${plan.role.protocol}), RTP ${plan.rtpPorts.first}-${plan.rtpPorts.last}; Ctrl-C ends it\n`,
    );
  }
  host.tellParent({ port: run.port });
  await ended;
  const counts = await run.stop();
  if (!quiet) {
    host.out(`${countsLine(counts)}\n`);
  }
  if (counts.impairment !== null) {
    host.tellParent({ impairment: counts.impairment });
  }
  return run.fault === null ? 0 : fault(host, run.fault);
}

/** `key=value` pairs; those of the bad link begin with `impair`. */
function countsLine({ impairment, jitterMs, ...counts }: AnswerCounts): string {
  const pairs = [
    ...Object.entries(counts),
    ...Object.entries(jitterMs ?? {}).map(([stat, ms]) => [`jitterMs_${stat}`, ms.toFixed(3)] as const),
    ...(impairment === null ? [] : impairmentPairs(impairment)),
  ];
  return pairs.map(([name, value]) => `${name}=${value}`).join(' ');
}

function impairmentPairs({ jitterMs, ...counts }: ImpairmentCounts): [string, string | number][] {
  const pairs = Object.entries({ ...counts, jitterMs: jitterMs === null ? 'unknown' : jitterMs.toFixed(3) });
  return pairs.map(([name, value]) => [`impair${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]);
}

function fault(host: ProcessHost, reason: string): number {
  host.err(`callgauge: internal error: ${reason}\n`);
  return 1;
}

/** All problems of the flags at once. @throws ProblemsError */
function planOf(host: ProcessHost, given: AnswerArguments): AnswerPlan {
  const problems: Problem[] = [];
  const report = (where: string, message: string): null => {
    problems.push({ code: 'bad-flag', where, message });
    return null;
  };
  const listen =
    parseListen(given.listen) ??
    report('--listen', `expected an address and a port like 127.0.0.1:5060 or [::1]:5060, got "${given.listen}"`);
  const rtpPorts =
    parsePorts(given.rtpPorts) ?? report('--rtp-ports', `expected a range like 24576-32767, got "${given.rtpPorts}"`);
  const ringMs = given.ring === 'forever' ? null : durationOf(given.ring, '--ring', report);
  const dropAfterMs = given.dropAfter === undefined ? null : durationOf(given.dropAfter, '--drop-after', report);
  const ptimeMs = ptimeOf(given.ptime, report);
  const clips = ptimeMs === null ? null : clipsOf(host, { audio: given.audio, ptimeMs }, report);
  if (given.anyCodec && given.mode !== 'echo') {
    report('--any-codec', `expected --mode echo, got ${given.mode}: nothing but what comes can be sent`);
  }
  const impairment = given.impair === undefined ? null : impairmentOf(given.impair, report);
  const seed = given.seed === undefined ? host.now().getTime() % 0x1_0000_0000 : seedOf(given.seed, report);
  const tls = tlsOf(host, given, problems);
  const flow = flowOf(given.flow, report);
  if (given.mode === 'busy' && given.flow.redirect !== undefined) {
    report('--redirect', 'expected either --mode busy or --redirect, got both');
  }
  if (
    listen === null ||
    rtpPorts === null ||
    ptimeMs === null ||
    clips === null ||
    seed === null ||
    tls === null ||
    problems.length > 0
  ) {
    throw new ProblemsError(problems);
  }
  const role: AnswererRole = {
    type: 'answerer',
    protocol: protocolOf(given),
    rejectStatus: given.mode === 'busy' ? BUSY : given.flow.redirect === undefined ? null : MOVED,
    ringMs,
    dropAfterMs,
    flow,
  };
  return {
    listen,
    tls,
    rtpPorts,
    role,
    backend: netBackend(host),
    source: given.mode === 'play' ? 'clip' : 'echo',
    srtp: given.srtp === 'off' ? null : { use: given.srtp, suites: SRTP_SUITE_NAMES },
    advertise: given.advertise ?? null,
    publicHosts: given.allowPublic ?? [],
    ptimeMs,
    takesAny: given.anyCodec,
    clips,
    slots: FIRST_SLOTS,
    seed,
    runToken: host.now().getTime().toString(36),
    impairment,
  };
}

/** Null: it cannot be, and the problems say why. */
function tlsOf(host: ProcessHost, { transport, tls }: AnswerArguments, problems: Problem[]): TlsMaterial | null {
  const needsCertificate = transport === 'tls' || transport === 'wss';
  if (needsCertificate && (tls.cert === null || tls.key === null)) {
    const message = `missing; expected a certificate and its key for --transport ${transport}`;
    problems.push({ code: 'missing', where: tls.cert === null ? '--tls-cert' : '--tls-key', message });
    return null;
  }
  const material = readTlsFiles(host, tls, (part) => `--tls-${part === '' ? 'cert' : part}`);
  if ('problems' in material) {
    problems.push(...material.problems);
    return null;
  }
  return material;
}

type Report = (where: string, message: string) => null;

function durationOf(text: string, flag: string, report: Report): number | null {
  return parseDuration(text) ?? report(flag, `expected ${UNIT_FORMS.duration}, got "${text}"`);
}

function impairmentOf(text: string, report: Report): Impairment | null {
  const reading = parseImpairment(text);
  if ('impairment' in reading) {
    return reading.impairment;
  }
  for (const { part, where, message } of reading.problems) {
    report('--impair', `${where}: ${message}, got "${part}"`);
  }
  return null;
}

function seedOf(text: string, report: Report): number | null {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return seed <= 0xffff_ffff ? seed : report('--seed', `expected a whole number from 0 to 4294967295, got "${text}"`);
}

function ptimeOf(text: string, report: Report): number | null {
  const ms = parseDuration(text) ?? Number.NaN;
  return Number.isInteger(ms) && ms >= 10 && ms <= 60
    ? ms
    : report('--ptime', `expected a packet time from 10ms to 60ms, in whole ms, got "${text}"`);
}

function clipsOf(
  host: ProcessHost,
  { audio, ptimeMs }: { readonly audio: string | undefined; readonly ptimeMs: number },
  report: Report,
): readonly CodecClip[] | null {
  try {
    return loadClips(host, codecNames(), { audio: audio ?? null, ptimeMs });
  } catch (error) {
    if (error instanceof WavError) {
      return report('--audio', error.message);
    }
    throw error;
  }
}

function parseListen(text: string): { address: string; port: number } | null {
  const [, bracketed, plain, port = '5060'] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const family = parseIp(address)?.family;
  const isValid = family === (bracketed === undefined ? 4 : 6) && Number(port) <= 65_535;
  return isValid ? { address: address.toLowerCase(), port: Number(port) } : null;
}

function parsePorts(text: string): PortRange | null {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  return first >= 1 && last <= 65_535 && last > first ? { first, last } : null;
}
