/** What a worker is told of the course of its calls, made into what its calls and its user agents need. */
import type { AnswererContext } from '../call/answering-call.js';
import type { CallerContext } from '../call/caller-context.js';
import type { MediaPreferences } from '../call/negotiation.js';
import { headerBlock, toWire } from '../sip/message/builder.js';
import type { UserAgentOptions } from '../sip/ua/user-agent.js';
import type { ReplayedScore } from './far-figures.js';
import type { AnswererRole, CallerRole, HeaderPairs, ReplayedCodec, SignallingSetup } from './messages.js';

/** For the calls that it places. */
export function callerFlow({ flow }: CallerRole): Pick<CallerContext, 'flow'> {
  if (flow === undefined) return {};
  const { identity, lateOffer, followRedirects, acceptTransfer, steps, expect } = flow;
  return {
    flow: {
      identity: { ...identity, headers: blockOf(identity.headers) },
      lateOffer,
      followRedirects,
      acceptTransfer,
      steps,
      expect,
    },
  };
}

/** For the calls that come to it. */
export function answererFlow({ flow }: AnswererRole): Pick<AnswererContext, 'flow'> {
  if (flow === undefined) return {};
  const { refusalHeaders, earlyMedia, reliable, steps } = flow;
  return { flow: { refusalHeaders: blockOf(refusalHeaders), earlyMedia, reliable, steps } };
}

/** For its user agents. */
export function agentFlow({
  role,
}: SignallingSetup): Pick<UserAgentOptions, 'reliableProvisional' | 'sessionTimer' | 'takesReferrals'> {
  const { flow } = role;
  if (flow === undefined) return {};
  return {
    ...('reliableProvisional' in flow && { reliableProvisional: flow.reliableProvisional }),
    ...('acceptTransfer' in flow && { takesReferrals: flow.acceptTransfer }),
    ...(flow.sessionTimer !== null && { sessionTimer: flow.sessionTimer }),
  };
}

const blockOf = (pairs: HeaderPairs) => headerBlock(pairs.map(([name, value]) => [name, toWire(value)] as const));

/** A codec that is not built in, as the SDP has it; a static payload type needs no rtpmap of the peer. */
export function sdpCodecOf(codec: ReplayedCodec): NonNullable<MediaPreferences['others']>[number] {
  const { encoding, clockRate, channels, payloadType, fmtp } = codec;
  return {
    name: encoding,
    clockRate,
    channels,
    staticPayloadType: payloadType < 96 ? payloadType : null,
    payloadType,
    ...(fmtp !== null && { fmtp }),
  };
}

/** The one codec of calls that is not built in; null where they may have another one too, or it has no score. */
export function onlyReplayed({ codecs, replayed = [], ptimeMs }: SignallingSetup): ReplayedScore | null {
  const [only] = replayed;
  const impairment = codecs.length === 1 && only?.name === codecs[0] ? only?.impairment : null;
  return impairment === null || impairment === undefined ? null : { impairment, ptimeMs };
}
