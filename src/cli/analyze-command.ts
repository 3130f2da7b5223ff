/**
 * `callgauge analyze`: the figures of the RTP streams in a capture, by the measurement of live calls. Exit 0: read, and every gate
 * passed; 2: no capture, or a flag is wrong; 3: a gate failed; 4: a gate had no data.
 */
import type { Argv } from 'yargs';
import type { AnalysedGate, Analysis } from '../analysis/analysis.js';
import { buildAnalysis } from '../analysis/analysis-builder.js';
import { AnalysisSource } from '../analysis/analysis-source.js';
import { CaptureAnalysis } from '../analysis/capture-analysis.js';
import { knownCodecNames, parseGivenCost, type GivenCost, type GivenCosts } from '../analysis/codec-costs.js';
import { parseRtpMap, type Encoding } from '../analysis/encoding.js';
import { CaptureError } from '../capture/capture-error.js';
import { parseGates, type CheckedGates } from '../gates/check.js';
import { evaluateGates } from '../gates/evaluate.js';
import { decideVerdict, EXIT_CODES } from '../gates/verdict.js';
import { fileErrorOf, ProblemsError, type Problem } from '../lib/errors.js';
import { serializeAnalysis } from '../report/analysis-json.js';
import { renderAnalysis } from '../report/analysis-text.js';
import { withEnvironment } from './environment.js';
import type { ProcessHost } from './host.js';

/** In the tags of a gate. */
const CODEC_TAG = /\bcodec\s*=\s*([^\s,{}="]+)/gi;
const HEALTHY = { spoiled: {}, reflected: false } as const;

export function analyzeCommand(program: Argv, host: ProcessHost, finish: (exitCode: number) => void): void {
  program.command(
    'analyze <file>',
    'measure the RTP streams of a pcap or pcapng file',
    (command) =>
      withEnvironment(
        command
          .positional('file', {
            type: 'string',
            demandOption: true,
            describe: 'capture of tcpdump, Wireshark or a run',
          })
          .option('rtpmap', {
            type: 'string',
            array: true,
            requiresArg: true,
            nargs: 1,
            describe: 'what a payload type is where no SDP says it, e.g. 96=G722/8000 (repeatable)',
          })
          .option('impairment', {
            type: 'string',
            array: true,
            requiresArg: true,
            nargs: 1,
            describe:
              'what a codec costs in the E-model, e.g. G729:ie=11,bpl=19 or AMR-WB:ie=13,bpl=4.5,scale=wideband (repeatable)',
          })
          .option('gate', {
            type: 'string',
            array: true,
            requiresArg: true,
            nargs: 1,
            describe: 'a gate, e.g. "loss{per=call}.max < 1%" (repeatable)',
          })
          .option('json', { type: 'boolean', default: false, describe: 'print the analysis as JSON' })
          .epilogue(
            'Each stream counts as a received leg. SIP over UDP in the file tells codecs, answers and ends of calls; without it a stream counts from its first packet to its last.',
          ),
        host,
      ),
    async (given) => {
      const exprs = given.gate ?? [];
      const { rtpMaps, costs } = readFlags(exprs, given.rtpmap ?? [], given.impairment ?? []);
      const source = new AnalysisSource();
      const measured = new CaptureAnalysis({ rtpMaps, costs, onSecond: (...second) => source.addSecond(...second) });
      await readCapture(host, given.file, measured);
      measured.streams.forEach((stream) => source.addStream(stream));
      const found = measured.streams.flatMap(({ encoding }) => encoding ?? []);
      const { gates, problems } = readGates(exprs, knownCodecNames(costs, [...rtpMaps.values(), ...found]));
      if (problems.length > 0) {
        throw new ProblemsError(problems);
      }
      const results = evaluateGates(gates, source, HEALTHY);
      const decided = decideVerdict({ gates: results });
      const analysis = buildAnalysis(measured, {
        version: host.version,
        file: given.file,
        gates: results.map(gateBlock),
        verdict: gates.length === 0 ? null : (decided.verdict as Analysis['verdict']),
      });
      host.out(given.json ? serializeAnalysis(analysis) : renderAnalysis(analysis));
      finish(gates.length === 0 ? EXIT_CODES.pass : decided.exitCode);
    },
  );
}

function readGates(exprs: readonly string[], codecs: readonly string[]): CheckedGates {
  return parseGates(exprs, { endpoints: [], labels: {}, codecs, places: exprs.map(() => '--gate') });
}

/**
 * Gates are checked here but for the codecs that they name: an SDP in the capture may bring one that nobody else knows.
 * @throws ProblemsError naming every flag that is wrong
 */
function readFlags(
  exprs: readonly string[],
  maps: readonly string[],
  impairments: readonly string[],
): { readonly rtpMaps: ReadonlyMap<number, Encoding>; readonly costs: GivenCosts } {
  const named = exprs.flatMap((expr) => [...expr.matchAll(CODEC_TAG)].map(([, codec = '']) => codec));
  const rtpMaps = new Map<number, Encoding>();
  const costs = new Map<string, GivenCost>();
  const wrong: Problem[] = [...readGates(exprs, named).problems];
  for (const text of impairments) {
    const cost = parseGivenCost(text);
    if (cost === null) {
      const message = `expected a codec with its Ie and Bpl like G729:ie=11,bpl=19, got ${JSON.stringify(text)}`;
      wrong.push({ code: 'bad-flag', where: '--impairment', message });
    } else {
      costs.set(cost.codec, cost);
    }
  }
  for (const text of maps) {
    const map = parseRtpMap(text);
    if (map === null) {
      const message = `expected a payload type and its encoding like 96=G722/8000, got ${JSON.stringify(text)}`;
      wrong.push({ code: 'bad-flag', where: '--rtpmap', message });
    } else {
      rtpMaps.set(map.payloadType, map.encoding);
    }
  }
  if (wrong.length > 0) {
    throw new ProblemsError(wrong);
  }
  return { rtpMaps, costs };
}

/** @throws ProblemsError when it cannot be read, or is no capture */
async function readCapture(
  host: Pick<ProcessHost, 'readChunks'>,
  path: string,
  measured: CaptureAnalysis,
): Promise<void> {
  try {
    for await (const chunk of host.readChunks(path)) {
      if (!measured.push(chunk as Buffer)) {
        break;
      }
    }
    measured.end();
  } catch (error) {
    if (error instanceof CaptureError) {
      throw new ProblemsError([{ code: error.code, where: path, message: error.message }]);
    }
    if (isFileError(error)) {
      const isFolder = 'code' in error && error.code === 'EISDIR';
      const message = isFolder ? 'expected a capture file, got a folder' : `cannot be read: ${fileErrorOf(error)}`;
      throw new ProblemsError([{ code: 'unreadable', where: path, message }]);
    }
    throw error;
  }
}

/** Of the system, about the file. */
function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function gateBlock({ expr, state, observed, limit, unit, margin, samples, reason }: AnalysedGate): AnalysedGate {
  return { expr, state, observed, limit, unit, margin, samples, reason };
}
