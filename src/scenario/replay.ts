/** Codecs of a scenario that are not built in: as a run uses them, and the rules between them. */
import type { Problem } from '../lib/errors.js';
import type { Finding } from './checks.js';
import { CODEC_NAMES } from './fields.js';
import { codecsOfCalls } from './flow-plan.js';
import { isMapping } from './mapping.js';
import { formatDuration } from '../lib/units.js';
import { placeOf, type Scenario } from './scenario.js';
import type { Path } from './yaml-source.js';

export interface ReplayPlan {
  /** Upper case: what `codec` and the report call it. */
  readonly name: string;
  /** As the SDP has it. */
  readonly encoding: string;
  readonly clockRate: number;
  readonly channels: number;
  readonly payloadType: number;
  readonly fmtp: string | null;
  readonly ptimeMs: number;
  /** Null: it is encoded here, of the audio of the scenario. */
  readonly path: string | null;
  /** Null: a capture or an rtpdump file. */
  readonly packetBytes: number | null;
  /** Null: the published one, if there is any. */
  readonly ie: number | null;
  readonly bpl: number | null;
  readonly scale: 'narrowband' | 'wideband';
}

/** Encoded once, at the start, by a package that is optional, in packets of the scenario's ptime. What it costs depends on the sender's settings: there is no score. */
const OPUS: Omit<ReplayPlan, 'ptimeMs'> = {
  name: 'OPUS',
  encoding: 'opus',
  clockRate: 48_000,
  channels: 2,
  payloadType: 111,
  fmtp: 'useinbandfec=1',
  path: null,
  packetBytes: null,
  ie: null,
  bpl: null,
  scale: 'wideband',
};

/** RFC 6716 §2.1.4, of those that `ptime` may be. */
const OPUS_PTIMES_MS: ReadonlySet<number> = new Set([10, 20, 40, 60]);

/** Of codecs that are built in, and of their RTP clocks. */
const CLOCK_RATE = 8000;
/** What `ptime` is where nobody asks for another one. */
const USUAL_PTIME_MS = 20;

/** Audio of a packet, ms: the same for all codecs of a scenario. */
export function ptimeOf(scenario: Scenario): number {
  return usedBy(scenario)[0]?.ptimeMs ?? scenario.ptimeMs;
}

/** Those that calls may come to use; captured Opus goes before our own. */
export function usedBy({ replay, codecs, call, ptimeMs }: Scenario): ReplayPlan[] {
  const used = codecsOfCalls(codecs, call.flow);
  const known = replay.some(({ name }) => name === OPUS.name) ? replay : [...replay, { ...OPUS, ptimeMs }];
  return known.filter(({ name }) => used.includes(name));
}

/** A stream keeps its clock and its packet time for the whole call, whichever codec it has. */
export function checkReplay(scenario: Scenario): Problem[] {
  const used = codecsOfCalls(scenario.codecs, scenario.call.flow);
  const [first, ...others] = used.map((codec) => {
    const replayed = usedBy(scenario).find(({ name }) => name === codec);
    return { codec, clockRate: replayed?.clockRate ?? CLOCK_RATE, ptimeMs: replayed?.ptimeMs ?? scenario.ptimeMs };
  });
  const other = others.find(({ clockRate }) => clockRate !== first?.clockRate);
  // G.711 and G.722 come in packets of any length.
  const replayed = usedBy(scenario);
  const uneven = replayed.find(({ ptimeMs }) => ptimeMs !== replayed[0]?.ptimeMs);
  const where = placeOf(scenario, 'codec');
  return [
    ...(first === undefined || other === undefined
      ? []
      : [problem(where, `expected codecs of one RTP clock, got ${words(first)} and ${words(other)}`)]),
    ...inBandProblems(scenario, replayed),
    ...ptimeProblems(scenario, replayed),
    ...(uneven === undefined ? [] : [problem(where, 'expected codecs of one ptime, got several')]),
  ];
}

/** What is asked for must be possible: captured packets are as they are. */
function ptimeProblems(scenario: Scenario, [first]: readonly ReplayPlan[]): Problem[] {
  const { ptimeMs } = scenario;
  if (first === undefined) return [];
  const isPossible =
    first.path === null ? OPUS_PTIMES_MS.has(ptimeMs) : ptimeMs === USUAL_PTIME_MS || ptimeMs === first.ptimeMs;
  const possible =
    first.path === null
      ? `10ms, 20ms, 40ms or 60ms, as packets of ${first.name} may be`
      : `${formatDuration(first.ptimeMs)}, as the packets of ${first.name} have`;
  const message = `expected ${possible}, got ${formatDuration(ptimeMs)}`;
  return isPossible ? [] : [problem(placeOf(scenario, 'ptime'), message)];
}

/** A tone can only be put into audio that is encoded here. */
function inBandProblems(scenario: Scenario, [first]: readonly ReplayPlan[]): Problem[] {
  const { steps } = scenario.call.flow;
  const index = steps.findIndex((step) => 'method' in step && step.method === 'inband');
  if (first === undefined || index < 0) return [];
  const message = `expected keys by rfc4733 or INFO beside ${first.name}, got inband: no tone can be put into its packets`;
  return [problem(placeOf(scenario, `call.steps[${index}]`), message)];
}

const words = ({ codec, clockRate }: { readonly codec: string; readonly clockRate: number }): string =>
  `${codec} (${clockRate} Hz)`;

const problem = (where: string, message: string): Problem => ({ code: 'bad-codec', where, message });

/** Names that `codec` may have, beside those that are built in. */
export function unknownCodec(names: readonly string[], replayed: readonly string[]): string | undefined {
  const known: ReadonlySet<string> = new Set([...CODEC_NAMES, OPUS.name, ...replayed]);
  return names.find((name) => !known.has(name));
}

/** What is said of a codec that is nowhere: no name of the scenario is in it, which may stand for something secret. */
export const EXPECTED_CODEC = `expected ${[...CODEC_NAMES, OPUS.name].join(', ')} or an encoding of \`replay\``;
export const UNKNOWN_CODEC_HINT = 'any other codec is played from captured payloads: describe it under `replay`';

/** @param document raw */
export function checkReplayDocument(document: Record<string, unknown>): Finding[] {
  const entries: unknown[] = Array.isArray(document['replay']) ? document['replay'] : [];
  const findings: Finding[] = [];
  const names: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!isMapping(entry)) continue;
    const path = ['replay', index];
    const name = nameIn(entry['rtpmap']);
    if (Object.hasOwn(entry, 'ie') !== Object.hasOwn(entry, 'bpl')) {
      findings.push({ code: 'bad-codec', path, message: 'expected "ie" and "bpl" together, got one of them' });
    }
    if (CODEC_NAMES.some((known) => known === name) || names.includes(name)) {
      const message = 'expected an encoding that is neither built in nor described above';
      findings.push({ code: 'duplicate-name', path: [...path, 'rtpmap'], message });
    }
    names.push(name);
  }
  return [...findings, ...codecsIn(document).flatMap((place) => checkCodecName(place, names))];
}

interface NamedCodec {
  readonly path: Path;
  readonly name: unknown;
}

/** Wherever a document names one: what is offered, what steps change to, what is expected. */
function codecsIn({ codec, call }: Record<string, unknown>): NamedCodec[] {
  const offered = Array.isArray(codec)
    ? codec.map((name: unknown, index) => ({ path: ['codec', index], name }))
    : [{ path: ['codec'], name: codec }];
  if (!isMapping(call)) return offered;
  const steps: unknown[] = Array.isArray(call['steps']) ? call['steps'] : [];
  const changes = steps.flatMap((step, index) =>
    ['reinvite', 'update'].map((kind) => ({
      path: ['call', 'steps', index, kind, 'codec'],
      name: inside(inside(step, kind), 'codec'),
    })),
  );
  const expected = inside(inside(call['expect'], 'sdp'), 'codec');
  return [...offered, ...changes, { path: ['call', 'expect', 'sdp', 'codec'], name: expected }];
}

const inside = (value: unknown, key: string): unknown => (isMapping(value) ? value[key] : undefined);

function checkCodecName({ path, name }: NamedCodec, replayed: readonly string[]): Finding[] {
  // A name with a blank or the like is refused as such.
  const isName = typeof name === 'string' && /^[\w.+-]{1,32}$/.test(name);
  if (!isName || unknownCodec([name.toUpperCase()], replayed) === undefined) return [];
  return [{ code: 'bad-value', path, message: EXPECTED_CODEC, hint: UNKNOWN_CODEC_HINT }];
}

const nameIn = (rtpmap: unknown): string =>
  typeof rtpmap === 'string' ? (rtpmap.split('/', 1)[0] ?? '').toUpperCase() : '';
