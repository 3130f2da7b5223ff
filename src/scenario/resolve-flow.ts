/** The course of the calls: from the document, and back to it. */
import { formatDuration } from '../lib/units.js';
import type { FlowPlan, PlannedStep, SessionTimerPlan } from './flow-plan.js';
import { shownAt, type Scenario } from './scenario.js';
import type { ScenarioFile } from './schema.js';

type CallFile = ScenarioFile['call'];

export function flowOf(call: CallFile): FlowPlan {
  const { headers, sdp, dtmf } = call.expect;
  const expectsMore =
    Object.keys(headers).length > 0 || sdp.codec !== undefined || sdp.direction !== undefined || dtmf !== undefined;
  return {
    steps: call.steps.map(stepOf),
    lateOffer: call.lateOffer,
    reliableProvisional: call.reliableProvisional,
    sessionTimer: timerOf(call.sessionTimer),
    followRedirects: call.followRedirects,
    acceptTransfer: call.acceptTransfer,
    marker: call.marker,
    from: {
      user: call.from.user ?? null,
      displayName: call.from.displayName ?? null,
      domain: call.from.domain ?? null,
    },
    assertedIdentity: call.assertedIdentity ?? null,
    privacy: call.privacy ?? [],
    headers: call.headers,
    expect: expectsMore
      ? { headers, codec: sdp.codec ?? null, direction: sdp.direction ?? null, dtmf: dtmf ?? null }
      : null,
  };
}

function timerOf(timer: CallFile['sessionTimer']): SessionTimerPlan | null {
  if (timer === undefined) return null;
  return { expiresMs: timer.expires, refresher: timer.refresher ?? null, minSeMs: timer.minSE ?? null };
}

/** Which has exactly one key, as `checks.ts` has seen. */
function stepOf(step: CallFile['steps'][number]): PlannedStep {
  if (step.wait !== undefined) return { kind: 'wait', ms: step.wait };
  if (step.hold !== undefined) return { kind: 'hold', ms: step.hold };
  if (step.resume !== undefined) return { kind: 'resume' };
  if (step.reinvite !== undefined) return { kind: 'reinvite', codec: step.reinvite.codec ?? null };
  if (step.update !== undefined) return { kind: 'update', codec: step.update.codec ?? null };
  if (step.info !== undefined) return { kind: 'info', contentType: step.info.type, body: step.info.body };
  if (step.dtmf !== undefined) {
    const { digits, method, tone: toneMs, gap: gapMs } = step.dtmf;
    return { kind: 'dtmf', digits, method, toneMs, gapMs, ms: digits.length * (toneMs + gapMs) };
  }
  if (step.expectDtmf !== undefined) {
    return { kind: 'expectDtmf', digits: step.expectDtmf.digits, ms: step.expectDtmf.within };
  }
  if (step.refer?.kind === 'sip') {
    const { uri, user, host } = step.refer;
    return { kind: 'refer', to: uri, user, host };
  }
  return { kind: 'bye' };
}

/** The keys of `call` for `scenarioDocument`: only what was asked for. */
export function flowForm(scenario: Scenario): Record<string, unknown> {
  const { flow, expect } = scenario.call;
  const value = (path: string, plain: unknown): unknown => scenario.sources?.written[`call.${path}`] ?? plain;
  const { user, displayName, domain } = flow.from;
  const from = given({
    user: user === null ? null : shownAt(scenario, 'call.from.user', user),
    displayName: value('from.displayName', displayName),
    domain: value('from.domain', domain),
  });
  const privacy = flow.privacy.length === 1 ? flow.privacy[0] : flow.privacy;
  return given({
    expect: flow.expect === null ? value('expect', expect) : expectForm(scenario),
    steps:
      flow.steps.length === 0
        ? null
        : flow.steps.map((step, index) => stepForm(step, (path, plain) => value(`steps[${index}].${path}`, plain))),
    lateOffer: flow.lateOffer ? value('lateOffer', true) : null,
    reliableProvisional:
      flow.reliableProvisional === 'supported' ? null : value('reliableProvisional', flow.reliableProvisional),
    sessionTimer: flow.sessionTimer === null ? null : timerForm(flow.sessionTimer),
    followRedirects: flow.followRedirects === 0 ? null : value('followRedirects', flow.followRedirects),
    marker: flow.marker ? value('marker', true) : null,
    acceptTransfer: flow.acceptTransfer ? value('acceptTransfer', true) : null,
    from: Object.keys(from).length === 0 ? null : from,
    assertedIdentity: value('assertedIdentity', flow.assertedIdentity),
    privacy: flow.privacy.length === 0 ? null : privacy,
    headers: Object.keys(flow.headers).length === 0 ? null : headersForm(scenario, 'call.headers', flow.headers),
  });
}

function expectForm(scenario: Scenario): Record<string, unknown> {
  const { flow, expect } = scenario.call;
  const { headers = {}, codec = null, direction = null, dtmf = null } = flow.expect ?? {};
  const sdp = given({ codec, direction });
  return given({
    status: expect,
    headers: Object.keys(headers).length === 0 ? null : headersForm(scenario, 'call.expect.headers', headers),
    dtmf: dtmf === null ? null : shownAt(scenario, 'call.expect.dtmf', dtmf),
    sdp: Object.keys(sdp).length === 0 ? null : sdp,
  });
}

function headersForm(
  scenario: Scenario,
  path: string,
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = (name: string): string =>
    /^[A-Za-z_][\w-]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, shownAt(scenario, at(name), text)]));
}

const timerForm = ({ expiresMs, refresher, minSeMs }: SessionTimerPlan): Record<string, unknown> =>
  given({
    expires: formatDuration(expiresMs),
    refresher,
    minSE: minSeMs === null ? null : formatDuration(minSeMs),
  });

function stepForm(step: PlannedStep, value: (path: string, plain: unknown) => unknown): unknown {
  switch (step.kind) {
    case 'wait':
    case 'hold':
      return { [step.kind]: value(step.kind, formatDuration(step.ms)) };
    case 'reinvite':
    case 'update':
      return step.codec === null ? step.kind : { [step.kind]: { codec: step.codec } };
    case 'info':
      return { info: { type: value('info.type', step.contentType), body: value('info.body', step.body) } };
    case 'dtmf': {
      const { digits, method, toneMs, gapMs } = step;
      const shown = digitsForm('dtmf', digits, value);
      return { dtmf: { digits: shown, method, tone: formatDuration(toneMs), gap: formatDuration(gapMs) } };
    }
    case 'expectDtmf':
      return { expectDtmf: { digits: digitsForm('expectDtmf', step.digits, value), within: formatDuration(step.ms) } };
    case 'refer':
      return { refer: value('refer', step.to) };
    default:
      return step.kind;
  }
}

/** A PIN that came by a reference stays behind it, whichever of the two forms the step was written in. */
const digitsForm = (key: string, digits: string, value: (path: string, plain: unknown) => unknown): unknown =>
  value(`${key}.digits`, value(key, digits));

function given(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
