/** The part of `call` that says what happens in a call: steps, caller identity, extensions, expectations. */
import { z } from 'zod';
import * as fields from './fields.js';
import * as flow from './flow-fields.js';
import { DIRECTION_NAMES } from './flow-plan.js';
import { help } from './help.js';

const codecChange = z.strictObject({
  codec: fields.codecName().optional().meta(help('Change to this codec.', 'PCMA')),
});

/** Shorter tones and pauses need not be heard (ITU-T Q.24), and the end of an event needs the time. */
const KEY_TIME = 40;
const METHOD_NAMES = ['rfc4733', 'info', 'info-plain', 'inband'] as const;
const DIGITS_EXAMPLE = '123#';

const dtmfObject = z.strictObject({
  digits: flow.digits().meta(help('The keys, one after another, in quotes.', DIGITS_EXAMPLE)),
  method: fields
    .word(METHOD_NAMES)
    .prefault('rfc4733')
    .meta(
      help(
        'How: telephone-events in RTP (rfc4733), INFO with application/dtmf-relay (info) or application/dtmf (info-plain), or tones in the audio (inband).',
      ),
    ),
  tone: fields.durationFrom(KEY_TIME).prefault('100ms').meta(help('How long each key is pressed.', '100ms')),
  gap: fields.durationFrom(KEY_TIME).prefault('80ms').meta(help('From the end of a key to the next one.', '80ms')),
});

const expectDtmfObject = z.strictObject({
  digits: flow.digits().meta(help('The keys, in quotes.', DIGITS_EXAMPLE)),
  within: fields.positiveDuration().prefault('5s').meta(help('They must have come by then.', '5s')),
});

/** `"123#"` is `{digits: "123#"}`. */
const shortDigits = (value: unknown): unknown =>
  typeof value === 'string' || typeof value === 'number' ? { digits: value } : value;

/** Exactly one key: `checks.ts` sees to it. */
const stepObject = z.strictObject({
  wait: fields.duration().optional().meta(help('Go on talking for so long.', '3s')),
  hold: fields
    .duration()
    .optional()
    .meta(help('re-INVITE with a=sendonly, and stay so: what comes meanwhile is in no figure.', '5s')),
  resume: flow.yes().optional().meta(help('re-INVITE with a=sendrecv.')),
  reinvite: codecChange.optional().meta(help('re-INVITE, with another codec where one is named.', { codec: 'PCMA' })),
  update: codecChange
    .optional()
    .meta(help('UPDATE (RFC 3311): without SDP, or with another codec.', { codec: 'PCMA' })),
  info: z
    .strictObject({
      type: flow.mediaType().meta(help('Content type.', 'application/dtmf-relay')),
      body: flow.body().meta(help('Body.', 'Signal=5\nDuration=160')),
    })
    .optional()
    .meta(help('INFO within the call.')),
  dtmf: z
    .preprocess(shortDigits, dtmfObject)
    .optional()
    .meta(
      help('Press keys.', DIGITS_EXAMPLE, { digits: DIGITS_EXAMPLE, method: 'inband', tone: '100ms', gap: '80ms' }),
    ),
  expectDtmf: z
    .preprocess(shortDigits, expectDtmfObject)
    .optional()
    .meta(
      help(
        'Wait for these keys of the far side, whichever way they come. Others, or none in time, end the call, and it did not succeed.',
        '456',
        { digits: '456', within: '3s' },
      ),
    ),
  refer: fields
    .target()
    .optional()
    .meta(
      help(
        'Blind transfer (REFER): the far side is to call this URI, and our call ends. The last step.',
        'sip:1002@192.0.2.10',
      ),
    ),
  bye: flow.yes().optional().meta(help('Hang up now, whatever is left of `hold`. The last step.')),
});

const MAX_STEPS = 100;
const NAMED_STEPS = ['resume', 'reinvite', 'update', 'bye'] as const;

/** `resume` is `{resume: true}`, `update` is `{update: {}}`. */
const step = z.preprocess(
  (value) => (typeof value === 'string' ? { [value]: value === 'reinvite' || value === 'update' ? {} : true } : value),
  stepObject,
);

/** Ready-made courses by name. */
export const PRESETS = {
  'hold-resume': [{ wait: '2s' }, { hold: '3s' }, 'resume', { wait: '2s' }],
} as const;

const steps = z.array(step).max(MAX_STEPS, { error: `expected at most ${MAX_STEPS} steps` });

const presetOrSteps = z.preprocess(
  (value) =>
    typeof value === 'string' && Object.hasOwn(PRESETS, value) ? PRESETS[value as keyof typeof PRESETS] : value,
  steps,
);

const expectObject = z.strictObject({
  status: fields
    .expectation()
    .prefault('answered')
    .meta(help('An answer, or this final status.', 'answered', 486)),
  headers: flow
    .headers()
    .prefault({})
    .meta(help('Headers of the final response; * stands for any text.', { Server: 'Asterisk*' })),
  dtmf: flow
    .digits()
    .optional()
    .meta(help('All the keys that the far side presses in the call, whichever way they come, in quotes.', '456')),
  sdp: z
    .strictObject({
      codec: fields.codecName().optional().meta(help('The codec that is agreed on.', 'PCMA')),
      direction: fields.word(DIRECTION_NAMES).optional().meta(help("The far side's direction.", 'sendrecv')),
    })
    .prefault({})
    .meta(help("What the far side's SDP says.")),
});

/** `486` is `{status: 486}`. */
export const expectation = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? { status: value } : value),
  expectObject,
);

export const flowFields = {
  steps: presetOrSteps
    .prefault([])
    .meta(
      help(
        'What happens in the call, one after another from the answer on. The call ends when they are done and `hold` is over; a step that is refused ends it at once.',
        [{ wait: '3s' }, { hold: '5s' }, 'resume'],
        'hold-resume',
      ),
    ),
  lateOffer: fields
    .flag()
    .prefault(false)
    .meta(help('True: INVITE without SDP; our ACK answers the offer of the far side.')),
  reliableProvisional: fields
    .word(['off', 'supported', 'required'])
    .prefault('supported')
    .meta(help('Reliable provisional responses (100rel and PRACK, RFC 3262).')),
  sessionTimer: z
    .strictObject({
      expires: flow.interval().meta(help('Session interval to ask for.', '90s', '30m')),
      refresher: fields
        .word(['uac', 'uas'])
        .optional()
        .meta(help('Who refreshes: we (uac) or the far side (uas). Default: as the far side wants it.')),
      minSE: flow.interval().optional().meta(help('The least that we take (Min-SE).', '90s')),
    })
    .optional()
    .meta(help('Session timer (RFC 4028). Absent: none is asked for, and one that the far side asks for is kept.')),
  followRedirects: fields
    .integer(0, 5)
    .prefault(0)
    .meta(
      help(
        'Follow so many 3xx of a call. Only to addresses that may be called, and never to an emergency number. Credentials are for the hosts of the endpoint: another host to which a call is redirected gets an answer only where it asks in a realm in which the endpoint itself has asked the same user before, in this or an earlier call or when registering; else the call fails with the cause credentialsWithheld.',
      ),
    ),
  marker: fields
    .flag()
    .prefault(false)
    .meta(
      help(
        'True: in calls between users (`to: users`) the calling leg sends tones of two and a half seconds that name the call, and the called leg listens for them for five seconds: what it hears confirms that the two legs are one call, or contradicts it.',
      ),
    ),
  acceptTransfer: fields
    .flag()
    .prefault(false)
    .meta(
      help(
        'True: where the far side transfers a call (REFER), call whom it names, and go on with that one. Only where calls may go, and never an emergency number, but whichever number it is: say so only where you trust the far side. Default: it is declined.',
      ),
    ),
  from: z
    .strictObject({
      user: fields
        .credential('a user name', ', in quotes where it is a number')
        .optional()
        .meta(help('User of From.', '+4930123456')),
      displayName: fields.line('a name', 64).optional().meta(help('Name of the caller.', 'Test caller')),
      domain: flow.domain().optional().meta(help('Host of From. Default: our address.', 'example.com')),
    })
    .prefault({})
    .meta(help('Who calls. Default: the user of `auth`, and the token of `figures` for a name.')),
  assertedIdentity: flow
    .identityUri()
    .optional()
    .meta(help('URI for P-Asserted-Identity (RFC 3325).', 'sip:+4930123456@example.com', 'tel:+4930123456')),
  privacy: flow
    .privacy()
    .optional()
    .meta(help('Value of Privacy (RFC 3323, RFC 3325), or several.', 'id', ['id', 'critical'])),
  headers: flow
    .headers()
    .prefault({})
    .meta(help('Further headers of each INVITE; not those that a call is made of.', { 'X-Test-Run': 'nightly' })),
};

/** What zod cannot say of them in JSON Schema. */
export function overrideFlowSchema(zodSchema: unknown, jsonSchema: Record<string, unknown>): void {
  const orElse = (other: Record<string, unknown>): void => {
    const object = { ...jsonSchema };
    for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
    jsonSchema['anyOf'] = [other, object];
  };
  if (zodSchema === stepObject) {
    jsonSchema['minProperties'] = 1;
    jsonSchema['maxProperties'] = 1;
    orElse({ type: 'string', enum: NAMED_STEPS });
  }
  if (zodSchema === dtmfObject || zodSchema === expectDtmfObject)
    orElse({ type: 'string', pattern: flow.DIGITS_PATTERN });
  if (zodSchema === steps) orElse({ type: 'string', enum: Object.keys(PRESETS) });
  if (zodSchema === expectObject)
    orElse({
      type: ['integer', 'string'],
      minimum: 300,
      maximum: 699,
      pattern: String.raw`^(answered|.*\$\{(env|file):[^}]+\}.*)$`,
    });
}
