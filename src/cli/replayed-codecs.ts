/** The codecs of a scenario that are not built in: what they cost, and their packets out of the files. */
import type { Gate } from '../gates/grammar.js';
import { codecNames } from '../media/codec/codec.js';
import { encodeOpus, OPUS_SAMPLES_PER_SECOND } from '../media/codec/opus.js';
import { resample } from '../media/source/resample.js';
import { loadWav } from '../media/source/wav.js';
import { WavError } from '../media/source/wav-error.js';
import { fileErrorOf, messageOf, type Problem } from '../lib/errors.js';
import { replayedImpairment } from '../quality/codec-impairment.js';
import { score } from '../quality/score.js';
import { cutPackets, joinPackets, readRtpDump, ReplayError, type ReplayedPackets } from '../rtp/rtp-dump.js';
import { usedBy, type ReplayPlan } from '../scenario/replay.js';
import { placeOf, type Scenario } from '../scenario/scenario.js';
import type { CodecClip, ReplayedCodec } from '../worker/messages.js';
import { isCapture, readCapture } from './captured-payloads.js';
import type { ProcessHost } from './host.js';

/** Those that calls may come to use, in the order in which rows count them. */
export function replayedCodecs(scenario: Scenario): ReplayedCodec[] {
  return usedBy(scenario).map((plan, index) => {
    const { name, encoding, clockRate, channels, payloadType, fmtp } = plan;
    return {
      name,
      encoding,
      clockRate,
      channels,
      payloadType,
      fmtp,
      index: codecNames().length + index,
      impairment: replayedImpairment(name, plan),
    };
  });
}

/** What a codec without a score, or with a low one, makes of the gates. */
export function scoreWarnings({ name, impairment }: ReplayedCodec, gates: readonly Gate[]): string[] {
  if (impairment === null) {
    return [
      `codec: ${name} has no MOS: what it costs is published for no setting that is known here (loss, jitter and delay are measured)`,
    ];
  }
  const best = score(impairment, { badRatio: 0, burstR: 1, oneWayDelayMs: 0 }).mosLq;
  const isBeyond = ({ metric, unit, operator, limit, reference }: Gate): boolean =>
    metric.scale === impairment.scale &&
    unit === 'MOS' &&
    operator.startsWith('>') &&
    reference === null &&
    limit > best;
  return gates
    .filter(isBeyond)
    .map(
      ({ expr }) =>
        `codec: ${name} reaches a MOS of ${best.toFixed(2)} at best, so ${expr} fails: give a gate of its own`,
    );
}

/** Their packets. @returns problems with the places of the files where one cannot be used */
export async function replayedClips(
  host: ProcessHost,
  scenario: Scenario,
): Promise<{ clips: CodecClip[]; problems: Problem[] }> {
  const codecs = replayedCodecs(scenario);
  const problems: Problem[] = [];
  const clips: CodecClip[] = [];
  for (const [index, plan] of usedBy(scenario).entries()) {
    const codec = codecs[index] as ReplayedCodec;
    try {
      const { payloads, lengths } =
        plan.path === null ? await opusOf(host, scenario, plan) : packetsOf(host, plan.path, plan);
      const bytesPerPacket = lengths.reduce((most, length) => Math.max(most, length), 0);
      const replayed = { codec, lengths };
      clips.push({ codec: codec.name, payloads, bytesPerPacket, packetCount: lengths.length, replayed });
    } catch (error) {
      problems.push(problemOf(scenario, plan, error));
    }
  }
  return { clips, problems };
}

function problemOf(scenario: Scenario, plan: ReplayPlan, error: unknown): Problem {
  if (plan.path === null) {
    const isAudio = error instanceof WavError;
    return { code: 'bad-codec', where: placeOf(scenario, isAudio ? 'audio' : 'codec'), message: messageOf(error) };
  }
  const where = placeOf(scenario, `replay[${scenario.replay.indexOf(plan)}].file`);
  const message = error instanceof ReplayError ? error.message : `cannot be read: ${fileErrorOf(error)}`;
  return { code: 'bad-replay', where, message: `${plan.path}: ${message}` };
}

/** @throws OpusMissingError, WavError */
async function opusOf(host: ProcessHost, { audioPath }: Scenario, { ptimeMs }: ReplayPlan): Promise<ReplayedPackets> {
  const { samples, sampleRate } = loadWav(audioPath ?? host.shippedFile('audio/speech-16k.wav'));
  const packets = await encodeOpus(resample(samples, sampleRate, OPUS_SAMPLES_PER_SECOND), ptimeMs);
  return joinPackets(packets);
}

/** @throws ReplayError, or what the file system says */
function packetsOf(host: ProcessHost, path: string, plan: ReplayPlan): ReplayedPackets {
  const { packetBytes, clockRate, ptimeMs, payloadType } = plan;
  const file = host.readBytes(path);
  if (packetBytes !== null) return cutPackets(file, packetBytes);
  const unitsPerPacket = (clockRate * ptimeMs) / 1000;
  return isCapture(file) ? readCapture(file, payloadType, unitsPerPacket) : readRtpDump(file, unitsPerPacket);
}
