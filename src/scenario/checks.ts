/** What the schema cannot say: rules between the values of a document. Each check looks only at what was readable. */
import type { Problem } from '../lib/errors.js';
import { parseRate } from '../lib/units.js';
import { CODEC_NAMES } from './fields.js';
import { idleMsOf } from './fit-stages.js';
import { checkFlow } from './flow-checks.js';
import { isMapping } from './mapping.js';
import { checkReplayDocument } from './replay.js';
import type { Path } from './yaml-source.js';
import type { Scenario } from './scenario.js';

export interface Finding extends Pick<Problem, 'code' | 'message' | 'hint'> {
  readonly path: Path;
}

/** The rules over a raw document, so that a bad value elsewhere hides none of them. */
export function checkDocument(document: unknown): Finding[] {
  if (!isMapping(document)) return [];
  return [
    ...checkTargets(document),
    ...checkNames(document['endpoints']),
    ...checkFlow(document['call'], document['media'] !== false),
    ...checkReplayDocument(document),
    ...checkStages(document['load']),
  ];
}

function checkTargets(document: Record<string, unknown>): Finding[] {
  const [one, many] = [Object.hasOwn(document, 'target'), Object.hasOwn(document, 'endpoints')];
  if (one && many) {
    const message = 'expected either "target" or "endpoints", got both';
    return [{ code: 'two-targets', path: ['target'], message, hint: 'move the target into the list' }];
  }
  if (one || many) return [];
  const hint = 'for a first try: target: loopback';
  return [{ code: 'missing', path: ['target'], message: 'missing; expected "target" or "endpoints"', hint }];
}

function checkNames(endpoints: unknown): Finding[] {
  const seen = new Set<unknown>();
  const findings: Finding[] = [];
  for (const [index, endpoint] of (Array.isArray(endpoints) ? endpoints : []).entries()) {
    const name = isMapping(endpoint) ? endpoint['name'] : undefined;
    const message = 'expected a name of its own, got that of an endpoint above';
    if (seen.has(name)) findings.push({ code: 'duplicate-name', path: ['endpoints', index, 'name'], message });
    if (typeof name === 'string') seen.add(name);
  }
  return findings;
}

function checkStages(load: unknown): Finding[] {
  if (!isMapping(load) || !Array.isArray(load['stages'])) return [];
  const stages: unknown[] = load['stages'];
  const findings: Finding[] = [];
  for (const [index, stage] of stages.entries()) {
    const open = index === stages.length - 1 && Object.hasOwn(load, 'calls') && !isZero(stage);
    if (isMapping(stage)) findings.push(...checkStage(stage, ['load', 'stages', index], open));
  }
  findings.push(...checkIdleStages(stages));
  if (stages.length > 0 && stages.every(isZero)) {
    findings.push({ code: 'no-calls', path: ['load', 'stages'], message: 'expected a rate above 0 in some stage' });
  }
  return findings;
}

/** @param open whether it may lack a time */
function checkStage(stage: Record<string, unknown>, path: Path, open: boolean): Finding[] {
  const [ramp, hold] = [Object.hasOwn(stage, 'ramp'), Object.hasOwn(stage, 'hold')];
  if (ramp && hold) return [{ code: 'bad-stage', path, message: 'expected either "ramp" or "hold", got both' }];
  if (ramp || hold || open) return [];
  const message = 'expected "ramp" or "hold" with a time, got neither';
  const hint = 'only the last stage may have none, with a rate above 0 and with load.calls';
  return [{ code: 'bad-stage', path, message, hint }];
}

/** The reference is measured before the load that is compared with it. */
function checkIdleStages(stages: readonly unknown[]): Finding[] {
  const idle = stages.map((stage) => isMapping(stage) && stage['idle'] === true);
  const loaded = idle.indexOf(false);
  const findings: Finding[] = [];
  for (const [index, isIdle] of idle.entries()) {
    const path = ['load', 'stages', index, 'idle'];
    const stage = stages[index];
    if (isIdle && loaded !== -1 && index > loaded) {
      const message = 'expected idle stages at the start only, got one after a stage with load';
      findings.push({ code: 'bad-stage', path, message, hint: 'move it to the start of load.stages' });
    } else if (isIdle && isZero(stage)) {
      findings.push({
        code: 'bad-stage',
        path,
        message: 'expected a rate above 0 in an idle stage: without calls it measures nothing',
      });
    }
  }
  if (stages.length > 0 && loaded === -1) {
    const message = 'expected a stage with load after the idle ones, got none: nothing would be judged';
    findings.push({ code: 'bad-stage', path: ['load', 'stages'], message });
  }
  return findings;
}

function isZero(stage: unknown): boolean {
  return isMapping(stage) && typeof stage['rate'] === 'string' && parseRate(stage['rate']) === 0;
}

/** Oddities of a whole scenario that do not stop it. */
export function scenarioWarnings(scenario: Scenario): string[] {
  const warnings: string[] = [];
  const { load, media, audioPath, workers, codecs } = scenario;
  const given = callsOfStages(scenario);
  if (load.calls !== null && given < load.calls) {
    const stages = `the stages end after ${Math.ceil(given)} calls`;
    warnings.push(`load.calls: ${load.calls} is never reached: ${stages} (give a longer --duration or a higher rate)`);
  }
  const totalMs = load.stages.reduce((sum, stage) => sum + (stage.durationMs ?? Number.POSITIVE_INFINITY), 0);
  if (load.warmupMs + idleMsOf(load) >= totalMs) warnings.push('load.warmup: covers all stages, so no call is judged');
  if (scenario.loopback.impair !== null && !scenario.endpoints.some(({ target }) => target.kind === 'loopback')) {
    warnings.push('loopback.impair: not used, since no target is loopback');
  }
  warnings.push(...tlsWarnings(scenario), ...srtpWarnings(scenario));
  if (!media && scenario.silenceSuppression) warnings.push('silenceSuppression: not used, since media is off');
  const isBuiltIn = codecs.some((codec) => CODEC_NAMES.some((known) => known === codec));
  if (media && scenario.silenceSuppression && !isBuiltIn)
    warnings.push(`silenceSuppression: not used, since the pauses of ${codecs.join(' and ')} are not known`);
  if (!media && audioPath !== null) warnings.push('audio: not used, since media is off');
  if (!media && workers.media !== null) warnings.push('workers.media: not used, since media is off');
  return warnings;
}

function tlsWarnings({ endpoints, network }: Scenario): string[] {
  const { tls, outboundProxy } = network;
  const first = outboundProxy === null ? endpoints.map(({ target }) => target) : [outboundProxy];
  const uses = first.some(
    (place) => 'transport' in place && (place.transportByDns || ['tls', 'wss'].includes(place.transport)),
  );
  if (uses) return tls.insecure ? ['network.tls.insecure: certificates are not checked in this run'] : [];
  const given = [tls.ca, tls.cert, tls.key, tls.serverName].some((value) => value !== null) || tls.insecure;
  return given ? ['network.tls: not used, since nothing is called over TLS'] : [];
}

/** Who reads the SDP can read the audio. On its way to ourselves nobody does. */
function srtpWarnings({ endpoints, network, srtp, media }: Scenario): string[] {
  if (srtp === null) return [];
  if (!media) return ['srtp: only agreed on, since media is off'];
  const { outboundProxy } = network;
  const readable = endpoints.filter(({ target }) => {
    const first = target.kind === 'loopback' ? null : (outboundProxy ?? target);
    return first !== null && first.transport !== 'tls' && first.transport !== 'wss';
  });
  if (readable.length === 0) return [];
  const names = readable.slice(0, 3).map(({ name }) => name);
  const others = readable.length > names.length ? ` and ${readable.length - names.length} more` : '';
  const hint = 'the keys are in the SDP, for anybody on the way to read (use transport=tls or wss)';
  return [`srtp: the signalling of ${names.join(', ')}${others} is not encrypted: ${hint}`];
}

/** Area under the rate, in calls; Infinity with a stage without end. */
function callsOfStages({ load }: Scenario): number {
  let [calls, before] = [0, 0];
  for (const { kind, rate, durationMs } of load.stages) {
    calls += (((kind === 'ramp' ? before : rate) + rate) * (durationMs ?? Number.POSITIVE_INFINITY)) / 2000;
    before = rate;
  }
  return Math.round(calls * 1e6) / 1e6;
}
