/** The flags of `run` over a scenario, or without one: an ad-hoc run from flags alone. */
import type { z } from 'zod';
import type { Problem } from '../lib/errors.js';
import { scenarioWarnings } from './checks.js';
import * as fields from './fields.js';
import { fitStages, totalOf } from './fit-stages.js';
import { EXPECTED_CODEC, UNKNOWN_CODEC_HINT, unknownCodec } from './replay.js';
import { resolveScenario } from './resolve.js';
import { movedSource, type Auth, type Load, type Scenario, type Tls } from './scenario.js';
import { documentSchema } from './schema.js';
import { NOT_SHOWN, withoutUriPassword } from './secrets.js';

/** As typed, not parsed: problems then name the flag and show its text. */
export interface RunFlags {
  readonly target?: string | undefined;
  readonly calls?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly rate?: string | undefined;
  readonly hold?: string | undefined;
  readonly duration?: string | undefined;
  readonly user?: string | undefined;
  /** In no message. */
  readonly password?: string | undefined;
  readonly codec?: string | undefined;
  readonly ptime?: string | undefined;
  readonly noMedia?: boolean | undefined;
  /** `off`, `required`, or suites by name. */
  readonly srtp?: string | undefined;
  /** Relative to the working directory, so used as it is. */
  readonly audio?: string | undefined;
  /** In place of the scenario's gates. */
  readonly gate?: readonly string[] | undefined;
  readonly profile?: string | undefined;
  /** Changes the exit code and not the scenario: gates are still judged and shown. */
  readonly noGates?: boolean | undefined;
  /** `signalling=1,media=3`, either or both. */
  readonly workers?: string | undefined;
  readonly realtime?: boolean | undefined;
  readonly seed?: string | undefined;
  readonly capture?: string | undefined;
  readonly captureAudio?: boolean | undefined;
  readonly localAddress?: string | undefined;
  readonly advertise?: string | undefined;
  readonly wait?: string | undefined;
  readonly proxy?: string | undefined;
  /** `worker` or `call`. */
  readonly connections?: string | undefined;
  /** Files relative to the working directory, so used as they are. */
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** In no message. */
  readonly tlsKeyPassword?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly tlsInsecure?: boolean | undefined;
  readonly allowPublic?: readonly string[] | undefined;
  readonly redactNumbers?: boolean | undefined;
}

export interface OverriddenScenario {
  /** null when there is any problem. */
  readonly scenario: Scenario | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * The scenario with the flags in place of its values; all warnings about the outcome are here and not in `loadScenario`.
 * @param base null: an ad-hoc run, which needs `target`
 */
export function applyOverrides(base: Scenario | null, flags: RunFlags): OverriddenScenario {
  const override = new Override(base ?? adhocScenario(flags));
  if (base === null && flags.target === undefined) {
    const hint = 'give a scenario file, or --target sip:user@host, or --target loopback';
    override.problems.push({ code: 'missing', where: '--target', message: 'missing; expected a target', hint });
  }
  applyCallFlags(override, flags);
  applyAuthFlags(override, flags);
  applyLoadFlags(override, flags);
  applyHostFlags(override, flags);
  const { scenario, problems } = override;
  return problems.length > 0
    ? { scenario: null, problems, warnings: [] }
    : { scenario, problems, warnings: scenarioWarnings(scenario) };
}

/** 10 calls at 10/s for 10 s each; with `--duration` as many calls as it gives. */
function adhocScenario({ duration }: RunFlags): Scenario {
  const document = documentSchema.parse({ version: 1, name: 'adhoc', target: 'loopback' });
  const scenario = resolveScenario(document, '', { where: {}, written: {} });
  return duration === undefined ? scenario : { ...scenario, load: { ...scenario.load, calls: null } };
}

/** A scenario under change: each `set` reads one flag, or notes what is wrong with it. */
class Override {
  readonly problems: Problem[] = [];

  constructor(public scenario: Scenario) {}

  /** The value of a flag; undefined when it was not given or is wrong, which is then noted. */
  read<T>(flag: string, text: string | undefined, field: z.ZodType<T>, toValue = plainText): T | undefined {
    if (text === undefined) return undefined;
    const parsed = field.safeParse(toValue(text));
    if (parsed.success) return parsed.data;
    const expected = parsed.error.issues[0]?.message ?? 'expected another value';
    const got = flag.endsWith('password') ? NOT_SHOWN : `, got ${JSON.stringify(withoutUriPassword(text))}`;
    this.problems.push({ code: 'bad-flag', where: flag, message: expected + got });
    return undefined;
  }

  /** @param path document path that the flag replaces */
  change(flag: string, path: string, part: Partial<Scenario>): void {
    this.scenario = { ...this.scenario, ...part, sources: movedSource(this.scenario.sources, path, flag) };
  }

  changeLoad(flag: string, path: keyof Load, part: Partial<Load>): void {
    this.change(flag, `load.${path}`, { load: { ...this.scenario.load, ...part } });
  }
}

function applyCallFlags(override: Override, flags: RunFlags): void {
  const isForUsers = override.scenario.call.to === 'users';
  const target = override.read('--target', flags.target, isForUsers ? fields.place() : fields.target());
  if (target)
    override.change('--target', 'endpoints', { endpoints: [{ name: 'target', target, labels: {}, auth: null }] });
  const holdMs = override.read('--hold', flags.hold, fields.duration());
  if (holdMs !== undefined) override.change('--hold', 'call.hold', { call: { ...override.scenario.call, holdMs } });
  const codecs = override.read('--codec', flags.codec, fields.codecs(), listOfWords);
  const replayed = override.scenario.replay.map(({ name }) => name);
  const unknown = codecs && unknownCodec(codecs, replayed);
  if (unknown !== undefined) {
    const message = `${EXPECTED_CODEC}, got ${JSON.stringify(flags.codec)}`;
    override.problems.push({ code: 'bad-flag', where: '--codec', message, hint: UNKNOWN_CODEC_HINT });
  } else if (codecs) override.change('--codec', 'codec', { codecs });
  const audioPath = override.read('--audio', flags.audio, fields.line('a path', 1024));
  if (audioPath !== undefined) override.change('--audio', 'audio', { audioPath });
  const ptimeMs = override.read('--ptime', flags.ptime, fields.packetTime());
  if (ptimeMs !== undefined) override.change('--ptime', 'ptime', { ptimeMs });
  const srtp = override.read('--srtp', flags.srtp, fields.srtp(), wordOrList);
  if (srtp !== undefined) override.change('--srtp', 'srtp', { srtp });
  if (flags.noMedia === true) override.change('--no-media', 'media', { media: false });
  const profile = override.read('--profile', flags.profile, fields.profile());
  if (profile !== undefined) override.change('--profile', 'profile', { profile });
  const exprs = (flags.gate ?? []).map((text) => override.read('--gate', text, fields.line('a gate', 300)));
  if (exprs.length > 0) {
    const gates = exprs.filter((expr) => expr !== undefined).map((expr) => ({ expr, where: '--gate' }));
    override.change('--gate', 'gates', { gates });
  }
}

/** Each replaces its part of the scenario's credentials and of those that single endpoints have. */
function applyAuthFlags(override: Override, flags: RunFlags): void {
  const user = override.read('--user', flags.user, fields.credential('a user name'));
  const password = override.read('--password', flags.password, fields.credential('a password'));
  const { auth, endpoints } = override.scenario;
  const isKnown = auth !== null || endpoints.some((endpoint) => endpoint.auth !== null);
  if (!isKnown) override.problems.push(...missingAuthFlag(flags));
  const changed = (before: Auth | null): Auth | null => {
    const [newUser, newPassword] = [user ?? before?.user, password ?? before?.password];
    return newUser === undefined || newPassword === undefined ? before : { user: newUser, password: newPassword };
  };
  const part = {
    auth: changed(auth),
    endpoints: endpoints.map((endpoint) => ({ ...endpoint, auth: endpoint.auth && changed(endpoint.auth) })),
  };
  const paths = [
    'auth',
    ...endpoints.flatMap((endpoint, index) => (endpoint.auth ? [`endpoints[${index}].auth`] : [])),
  ];
  for (const path of paths) {
    if (user !== undefined) override.change('--user', `${path}.user`, part);
    if (password !== undefined) override.change('--password', `${path}.password`, part);
  }
}

/** One is of no use without the other. */
function missingAuthFlag({ user, password }: RunFlags): Problem[] {
  if ((user === undefined) === (password === undefined)) return [];
  if (user === undefined) {
    return [{ code: 'missing', where: '--user', message: 'missing; expected the user that --password is for' }];
  }
  const hint = 'best as CALLGAUGE_PASSWORD in the environment';
  return [{ code: 'missing', where: '--password', message: 'missing; expected the password of --user', hint }];
}

function applyLoadFlags(override: Override, flags: RunFlags): void {
  const calls = override.read('--calls', flags.calls, fields.integer(1, 1_000_000_000), wholeNumber);
  if (calls !== undefined) override.changeLoad('--calls', 'calls', { calls });
  const concurrency = override.read('--concurrency', flags.concurrency, fields.integer(1, 1_000_000), wholeNumber);
  if (concurrency !== undefined) override.changeLoad('--concurrency', 'concurrency', { concurrency });
  const rate = override.read('--rate', flags.rate, fields.positiveRate());
  const durationMs = override.read('--duration', flags.duration, fields.positiveDuration());
  const { load } = override.scenario;
  // Both are about the load that is judged: idle stages stay as they are.
  const idle = load.stages.filter((stage) => stage.idle === true);
  const loaded = load.stages.filter((stage) => stage.idle !== true);
  if (rate !== undefined) {
    // Without a new length and without calls to use up, the run stays as long as it was.
    const lengthMs = durationMs ?? (load.calls === null ? totalOf(loaded) : null);
    override.changeLoad('--rate', 'stages', { stages: [...idle, { kind: 'hold', rate, durationMs: lengthMs }] });
  } else if (durationMs !== undefined) {
    override.changeLoad('--duration', 'stages', { stages: [...idle, ...fitStages(loaded, durationMs)] });
  }
}

function applyHostFlags(override: Override, flags: RunFlags): void {
  const seed = override.read('--seed', flags.seed, fields.integer(0, 0xffff_ffff), wholeNumber);
  if (seed !== undefined) override.change('--seed', 'seed', { seed });
  applyCapture(override, flags);
  applyWorkers(override, flags.workers);
  if (flags.realtime !== undefined)
    override.change('--realtime', 'workers.realtime', {
      workers: { ...override.scenario.workers, realtime: flags.realtime },
    });
  const changeNetwork = (flag: string, path: string, part: Partial<Scenario['network']>): void =>
    override.change(flag, `network.${path}`, { network: { ...override.scenario.network, ...part } });
  const localAddress = override.read('--local-address', flags.localAddress, fields.ipAddress());
  if (localAddress !== undefined) changeNetwork('--local-address', 'localAddress', { localAddress });
  const advertise = override.read('--advertise', flags.advertise, fields.advertised());
  if (advertise !== undefined) changeNetwork('--advertise', 'advertise', { advertise });
  const waitMs = override.read('--wait', flags.wait, fields.duration());
  if (waitMs !== undefined) changeNetwork('--wait', 'wait', { waitMs });
  const outboundProxy = override.read('--proxy', flags.proxy, fields.proxy());
  if (outboundProxy !== undefined) changeNetwork('--proxy', 'outboundProxy', { outboundProxy });
  const connections = override.read('--connections', flags.connections, fields.word(['worker', 'user', 'call']));
  if (connections !== undefined) changeNetwork('--connections', 'connections', { connections });
  applyTlsFlags(override, flags);
  if (flags.redactNumbers === true) override.change('--redact-numbers', 'redact', { redact: 'numbers' });
  const allowPublic = (flags.allowPublic ?? []).filter((host) => host !== '');
  if (allowPublic.length > 0) {
    override.change('--allow-public', 'safety.allowPublic', { safety: { ...override.scenario.safety, allowPublic } });
  }
}

function applyCapture(override: Override, { capture, captureAudio }: RunFlags): void {
  const legs = override.read('--capture', capture, fields.integer(0, 50), wholeNumber);
  if (legs !== undefined)
    override.change('--capture', 'capture.legs', { capture: { ...override.scenario.capture, legs } });
  if (captureAudio === true) {
    override.change('--capture-audio', 'capture.audio', { capture: { ...override.scenario.capture, audio: true } });
  }
}

function applyTlsFlags(override: Override, flags: RunFlags): void {
  const changeTls = <K extends keyof Tls>(flag: string, key: K, value: Tls[K] | undefined): void => {
    if (value === undefined) return;
    const { network } = override.scenario;
    override.change(flag, `network.tls.${key}`, { network: { ...network, tls: { ...network.tls, [key]: value } } });
  };
  const path = (flag: string, text: string | undefined): string | undefined =>
    override.read(flag, text, fields.line('a path', 1024));
  changeTls('--tls-ca', 'ca', path('--tls-ca', flags.tlsCa));
  changeTls('--tls-cert', 'cert', path('--tls-cert', flags.tlsCert));
  changeTls('--tls-key', 'key', path('--tls-key', flags.tlsKey));
  const password = override.read('--tls-key-password', flags.tlsKeyPassword, fields.credential('a password'));
  changeTls('--tls-key-password', 'keyPassword', password);
  const serverName = override.read('--tls-server-name', flags.tlsServerName, fields.hostName());
  changeTls('--tls-server-name', 'serverName', serverName);
  changeTls('--tls-insecure', 'insecure', flags.tlsInsecure);
}

function applyWorkers(override: Override, text: string | undefined): void {
  if (text === undefined) return;
  const counts: { signalling?: number; media?: number } = {};
  for (const part of text.split(',')) {
    const [, kind, number] = /^(signalling|media)=(.*)$/.exec(part) ?? [];
    const count = override.read('--workers', number, fields.integer(1, 64), wholeNumber);
    if (kind === undefined) {
      const message = `expected workers like signalling=1,media=3, got ${JSON.stringify(text)}`;
      override.problems.push({ code: 'bad-flag', where: '--workers', message });
    } else if (count !== undefined) counts[kind === 'media' ? 'media' : 'signalling'] = count;
  }
  override.change('--workers', 'workers', { workers: { ...override.scenario.workers, ...counts } });
}

function plainText(text: string): unknown {
  return text;
}

/** `G722,PCMU` as a list. */
function listOfWords(text: string): unknown {
  return text.split(',').map((word) => word.trim());
}

/** One word as it is. */
function wordOrList(text: string): unknown {
  return text.includes(',') ? listOfWords(text) : text;
}

/** Digits as a number; anything else stays text, which no integer field takes. */
function wholeNumber(text: string): unknown {
  return /^\d{1,16}$/.test(text) ? Number(text) : text;
}
