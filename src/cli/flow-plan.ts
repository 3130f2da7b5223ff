/** The course of the calls: from the scenario's words to those of the threads. */
import { type FlowPlan, expectsKeys } from '../scenario/flow-plan.js';
import type { CallerFlowPlan, HeaderPairs } from '../worker/messages.js';

export function callerFlowPlan(flow: FlowPlan): CallerFlowPlan {
  const { from, expect, sessionTimer: timer } = flow;
  return {
    identity: { user: from.user, displayName: from.displayName, host: from.domain, headers: headersOf(flow) },
    lateOffer: flow.lateOffer,
    followRedirects: flow.followRedirects,
    acceptTransfer: flow.acceptTransfer,
    marksLegs: flow.marker,
    steps: flow.steps,
    reliableProvisional: flow.reliableProvisional,
    sessionTimer: timer && {
      expiresS: timer.expiresMs / 1000,
      refresher: timer.refresher,
      minSeS: timer.minSeMs === null ? null : timer.minSeMs / 1000,
    },
    expect: expect && {
      headers: Object.entries(expect.headers),
      codec: expect.codec,
      direction: expect.direction,
      ...(expect.dtmf !== null && { dtmf: expect.dtmf }),
    },
    listensForTones: expectsKeys(flow),
  };
}

/** RFC 3325 §9.1, RFC 3323 §4.2: values of Privacy stand behind each other with semicolons. */
function headersOf({ assertedIdentity, privacy, headers }: FlowPlan): HeaderPairs {
  return [
    ...(assertedIdentity === null ? [] : [['P-Asserted-Identity', `<${assertedIdentity}>`] as const]),
    ...(privacy.length === 0 ? [] : [['Privacy', privacy.join(';')] as const]),
    ...Object.entries(headers),
  ];
}
