/** What `callgauge answer` does in its calls beside answering: flags, and the plan that they make. */
import type { Argv } from 'yargs';
import { isEmergencyUser } from '../lib/emergency.js';
import { parseDuration } from '../lib/units.js';
import { codecNames } from '../media/codec/codec.js';
import { explainTarget, parseTarget } from '../scenario/target.js';
import { lastOf } from './scenario-flags.js';
import type { AnswererFlowPlan } from '../worker/messages.js';

const RELIABLE = ['asked', 'supported', 'required'] as const;
const STEPS_FORM = 'steps like wait=2s,hold=3s,resume,reinvite=PCMA,update,dtmf=12#,dtmf=5/inband,expect-dtmf=456,bye';
const TIMER_FORM =
  'a session interval like 90s or 30m,uas (from 90s, whole seconds; uac: the caller refreshes, uas: we do)';
const MAX_STEPS = 100;
const KEYS = /^[0-9*#A-D]{1,64}$/;
const METHODS = ['rfc4733', 'info', 'info-plain', 'inband'] as const;
/** Keys that are expected have so long. */
const KEYS_WITHIN_MS = 5000;

export interface FlowArguments {
  readonly redirect: string | undefined;
  readonly earlyMedia: boolean;
  readonly reliableProvisional: (typeof RELIABLE)[number];
  readonly steps: string | undefined;
  readonly sessionTimer: string | undefined;
}

/** Notes a problem with a flag. */
type Report = (where: string, message: string) => null;

export function flowOptions<T>(command: Argv<T>) {
  return command
    .option('redirect', { type: 'string', requiresArg: true, describe: 'refuse with 302 and this SIP URI as Contact' })
    .option('early-media', { type: 'boolean', default: false, describe: 'ring with 183, SDP and audio' })
    .option('reliable-provisional', {
      choices: RELIABLE,
      default: 'asked' as const,
      describe: 'send 18x reliably (PRACK): where the caller requires it, where it can, or to all',
    })
    .option('steps', {
      type: 'string',
      requiresArg: true,
      describe: 'what to do in the call: wait=2s,hold=3s,resume,dtmf=12#,expect-dtmf=456',
    })
    .option('session-timer', {
      type: 'string',
      requiresArg: true,
      describe: 'session interval to give callers, and who refreshes: 90s or 30m,uas',
    });
}

export function flowArguments(given: {
  readonly redirect: string | undefined;
  readonly 'early-media': boolean;
  readonly 'reliable-provisional': FlowArguments['reliableProvisional'];
  readonly steps: string | undefined;
  readonly 'session-timer': string | undefined;
}): FlowArguments {
  return {
    redirect: lastOf(given.redirect),
    earlyMedia: lastOf(given['early-media']),
    reliableProvisional: lastOf(given['reliable-provisional']),
    steps: lastOf(given.steps),
    sessionTimer: lastOf(given['session-timer']),
  };
}

export function flowOf(given: FlowArguments, report: Report): AnswererFlowPlan {
  const steps = given.steps === undefined ? [] : stepsOf(given.steps, report);
  return {
    refusalHeaders: given.redirect === undefined ? [] : contactOf(given.redirect, report),
    earlyMedia: given.earlyMedia,
    reliable: given.reliableProvisional,
    steps,
    listensForTones: steps.some(({ kind }) => kind === 'expectDtmf'),
    sessionTimer: given.sessionTimer === undefined ? null : timerOf(given.sessionTimer, report),
  };
}

function contactOf(text: string, report: Report): AnswererFlowPlan['refusalHeaders'] {
  const target = parseTarget(text);
  if (target?.kind === 'sip' && isEmergencyUser(target.user)) {
    report('--redirect', 'expected a URI that is no emergency number: those are never called');
  } else if (target?.kind === 'sip') return [['Contact', `<${target.uri}>`]];
  else report('--redirect', target === undefined ? explainTarget(text) : 'expected a SIP URI, got loopback');
  return [];
}

type Step = AnswererFlowPlan['steps'][number];

function stepsOf(text: string, report: Report): AnswererFlowPlan['steps'] {
  const words = text.split(',').map((word) => word.trim());
  const steps = words.map(stepOf);
  const known = steps.filter((step) => step !== null);
  const isGood = known.length === steps.length && steps.length <= MAX_STEPS;
  if (!isGood) report('--steps', `expected ${STEPS_FORM}, got ${JSON.stringify(text)}`);
  return known;
}

function stepOf(word: string): Step | null {
  const [kind = '', value, ...more] = word.split('=');
  if (more.length > 0) return null;
  if (kind === 'wait' || kind === 'hold') {
    const ms = parseDuration(value ?? '');
    return ms === undefined ? null : { kind, ms };
  }
  if (kind === 'reinvite' || kind === 'update') {
    if (value === undefined) return { kind, codec: null };
    return codecNames().includes(value) ? { kind, codec: value } : null;
  }
  if (kind === 'dtmf' || kind === 'expect-dtmf') {
    return keyStepOf(kind, value ?? '');
  }
  return (kind === 'resume' || kind === 'bye') && value === undefined ? { kind } : null;
}

/** `12#`, and for keys to press `12#/inband`. */
function keyStepOf(kind: 'dtmf' | 'expect-dtmf', value: string): Step | null {
  const [digits = '', method = 'rfc4733', ...more] = value.toUpperCase().split('/');
  if (!KEYS.test(digits) || more.length > 0) return null;
  if (kind === 'expect-dtmf') {
    return value.includes('/') ? null : { kind: 'expectDtmf', digits, ms: KEYS_WITHIN_MS };
  }
  const known = METHODS.find((name) => name === method.toLowerCase());
  return known === undefined ? null : { kind: 'dtmf', digits, method: known, toneMs: 100, gapMs: 80 };
}

function timerOf(text: string, report: Report): AnswererFlowPlan['sessionTimer'] {
  const [interval = '', refresher, ...more] = text.split(',');
  const ms = parseDuration(interval);
  const isKnown = refresher === undefined || refresher === 'uac' || refresher === 'uas';
  const isGood = ms !== undefined && ms >= 90_000 && ms <= 86_400_000 && ms % 1000 === 0 && more.length === 0;
  if (isGood && isKnown) return { expiresS: ms / 1000, refresher: refresher ?? null, minSeS: null };
  return report('--session-timer', `expected ${TIMER_FORM}, got ${JSON.stringify(text)}`);
}
