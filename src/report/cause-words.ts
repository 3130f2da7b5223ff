/** What the ids of causes mean, in words for who runs a PBX. The ids stay in the result: programs read those. */

/** Final statuses of SIP (RFC 3261 §21) as they are named in `call/outcome.ts`. */
const STATUSES: Readonly<Record<string, string>> = {
  redirected: 'the far side named another address to call, and that led nowhere',
  badRequest: 'the far side could not make sense of our request',
  unauthorized: 'the far side wants credentials, or took none of ours',
  forbidden: 'the far side does not allow it: a wrong password, or this caller or number is barred',
  notFound: 'the far side knows no such number',
  methodNotAllowed: 'the far side takes no such request at this address',
  proxyAuthenticationRequired: 'the proxy wants credentials, or took none of ours',
  requestTimeout: 'the far side could not find or reach the called user in time',
  gone: 'the number is no longer in service',
  unsupportedMediaType: 'the far side cannot read what the request carries',
  badExtension: 'the far side lacks a SIP extension that the call requires',
  extensionRequired: 'the far side requires a SIP extension that we did not offer',
  sessionIntervalTooSmall: 'the far side wants a longer session timer',
  temporarilyUnavailable: 'the called user is not registered, or not available now',
  noSuchCall: 'the far side no longer knew the call',
  loopDetected: 'the call came back to where it had been: its routing has a loop',
  tooManyHops: 'the call went over too many servers: its routing may have a loop',
  addressIncomplete: 'the number is incomplete',
  busy: 'the called user is busy',
  requestTerminated: 'the call was cancelled before it was answered',
  notAcceptable: 'the far side takes none of the codecs, or not the encryption, that were offered',
  requestPending: 'both sides wanted to change the call at the same time',
  serverError: 'an error within the far side',
  badGateway: 'a system behind the far side gave an answer that it could not use',
  serviceUnavailable: 'the far side is overloaded, has no free line, or is out of service',
  serverTimeout: 'a system behind the far side did not answer it in time',
  busyEverywhere: 'the called user is busy on every device',
  declined: 'the called user, or the far side for him, declined the call',
  doesNotExist: 'the called user exists nowhere',
  notAcceptableAnywhere: 'no device of the called user takes the codecs, or the encryption, that were offered',
};

/** How a request of ours comes to nothing without a final response, or an answered call ends. */
const EVENTS: Readonly<Record<string, string>> = {
  timeout: 'no response came within the time that SIP allows',
  transportError: 'the network refused to carry it',
  connectionFailed: 'no connection to the far side came about, or it broke',
  tlsFailed: 'there was no agreement with the far side on TLS, or its certificate is not trusted',
  noFileHandle: 'this host had no file handle left',
  noLocalPort: 'this host had no free local port left',
  noSocketMemory: 'this host had no memory for another socket',
};

const CALLS: Readonly<Record<string, string>> = {
  ...EVENTS,
  response: 'the far side refused it',
  credentialsWithheld: 'the call was redirected to another host, which asked for credentials that are not for it',
  cancelled: 'the call was cancelled before it was answered',
  malformedResponse: 'the response of the far side could not be used: it is no valid SIP',
  bye: 'the call was hung up',
  byeTimeout: 'no response came to our hang-up (BYE)',
  byeRefused: 'the far side refused our hang-up (BYE)',
  noAnswer: 'nobody answered within the time that it may ring',
  noAck: 'the far side never confirmed that the call was answered (no ACK)',
  noPrack: 'the far side never confirmed that it rings (no PRACK)',
  remoteBye: 'the far side hung up early',
  sessionExpired: 'the session timer ran out: nobody refreshed the call',
  unexpectedAnswer: 'the call was answered, where the scenario expects a refusal',
  unexpectedHeader: 'a header of the answer is not what the scenario expects',
  unexpectedCodec: 'the codec of the answer is not what the scenario expects',
  unexpectedDirection: 'the direction of the audio (sendrecv, …) is not what the scenario expects',
  dtmfMismatch: 'other keys came than the scenario expects',
  dtmfNotPossible: 'keys could not be sent: the far side takes none as events, or the call has no audio',
  unknown: 'not known',
};

/** Why a call was not placed, or was ended by us. */
const OURS: Readonly<Record<string, string>> = {
  noSlot: 'this host had no free pair of audio ports',
  noRegisteredUser: 'no user was registered who could have placed it',
  noFreeUser: 'all users were in calls',
  concurrencyCap: 'as many calls were up as the scenario allows at once',
  interrupted: 'we ended it: the run was stopped',
  stopped: 'we ended it: the run was stopped',
  shutdown: 'we ended it: the answerer was stopped',
  silentTarget: 'we ended it: the target answered nothing at all',
  gateFailed: 'we ended it: a gate failed that ends the run',
  tooManyRefusals: 'we ended it: too many calls had failed one after another',
};

const TRANSFERS: Readonly<Record<string, string>> = {
  transferFailed: 'the target of the transfer did not take the call',
  transferTimeout: 'the far side never said what became of the transfer',
  transferNotAccepted: 'the scenario accepts no transfers',
  transferOfCalledLeg: 'a call that came to us is not transferred',
  transferUnderWay: 'another transfer of the call was under way',
  tooManyTransfers: 'the call had been transferred too often',
  transferTarget: 'the target of the transfer may not be called, or cannot be read',
  callEnded: 'the call had ended before',
};

/** What is wrong with a session description (SDP), the part of a call that says codec, address and port of its audio. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'no-audio': 'the far side described no audio',
  'no-answer': 'the call was answered without saying where its audio goes',
  rejected: 'the far side rejected the audio (port 0)',
  'no-common-codec': 'both sides have no codec in common',
  'unsupported-protocol': 'the far side wants its audio in a way that we do not speak, such as DTLS',
  'no-crypto': 'encrypted audio was required, and the far side gave no key',
  'no-common-crypto': 'both sides have no encryption of the audio in common',
  'bad-crypto': 'the key for encrypted audio that the far side gave cannot be used',
  'mux-payload-type': 'audio and RTCP on one port have numbers that cannot be told apart',
  'bad-address': 'the far side gave an address for its audio that cannot be used',
  'address-not-allowed': 'the far side gave an address for its audio that may not be sent to (safety.allow)',
  'media-mismatch': 'the answer describes other media than were offered',
  'too-large': 'the description of the audio is too long',
  'too-many-media': 'the description names too many media',
  'too-many-attributes': 'the description of the audio has too many lines',
  'bad-line': 'the description of the audio has a line that cannot be read',
  'bad-version': 'the description of the audio is of an unknown version',
  'bad-origin': 'the description of the audio does not say whose it is',
  'bad-connection': 'the description of the audio has an address that cannot be read',
  'bad-media': 'the description of the audio has a media line that cannot be read',
};

/** A step of a call: its id begins with the name. */
const STEPS: Readonly<Record<string, string>> = {
  hold: 'putting the call on hold',
  resume: 'taking the call from hold',
  reinvite: 'a new offer in the call (re-INVITE)',
  update: 'a change of the call (UPDATE)',
  info: 'a message in the call (INFO)',
  refer: 'the wish for a transfer (REFER)',
};

const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...STATUSES,
    ...CALLS,
    ...OURS,
    ...TRANSFERS,
    ...Object.fromEntries(Object.entries(DESCRIPTIONS).map(([code, words]) => [`sdp:${code}`, words])),
    ...Object.fromEntries(Object.entries(STEPS).flatMap(([name, step]) => endingsOf(name, step))),
  }),
);

/** Words for the id of a cause; null for one that nobody here knows, as of another version. */
export function causeWords(cause: string): string | null {
  const known = WORDS.get(cause);
  if (known !== undefined) return known;
  const status = /^status(\d{3})$/.exec(cause)?.[1];
  return status === undefined ? null : `the far side refused it with SIP ${status}`;
}

/** `failed: busy` of a call, with what it means behind it. */
export function outcomeWords(outcome: string): string {
  const words = causeWords(/^\w+: (.+)$/s.exec(outcome)?.[1] ?? '');
  return words === null ? outcome : `${outcome} (${words})`;
}

function endingsOf(name: string, step: string): [string, string][] {
  const failed = Object.entries(EVENTS).map(([event, words]): [string, string] => [
    name + event.slice(0, 1).toUpperCase() + event.slice(1),
    `${step} failed: ${words}`,
  ]);
  return [[`${name}Refused`, `${step} was refused by the far side`], ...failed];
}
