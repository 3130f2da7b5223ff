/** The scenario document, version 1: one zod schema for reading it and for the JSON Schema that editors use. */
import { z } from 'zod';
import * as fields from './fields.js';
import { expectation, flowFields, overrideFlowSchema } from './flow-schema.js';
import { help } from './help.js';
import { replayEntry } from './replay-schema.js';
import { registration, userEntry, users } from './users-schema.js';

/** `0123` without quotes would lose its zero. */
const QUOTED = ', in quotes where it is a number';
const auth = z.strictObject({
  user: fields.credential('a user name', QUOTED).meta(help('User name, and the user of our From.', '1001')),
  password: fields
    .credential('a password', QUOTED)
    .meta(help('Password. Printed nowhere; best kept out of this file.', '${env:PBX_PASSWORD}', '${file:secret.txt}')),
});

const endpoint = z
  .strictObject({
    name: fields.name().meta(help('Name in reports and gates.', 'trunk-a')),
    target: fields.place().meta(help('Where its calls go.', 'sip:echo@192.0.2.10:5060', 'loopback')),
    labels: z
      .record(z.string(), fields.line('a label', 64))
      .prefault({})
      .meta(help('Free labels; every figure can be read per label.', { site: 'berlin', access: 'fibre' })),
    auth: auth.optional().meta(help('Credentials for this endpoint, in place of those of the scenario.')),
  })
  .meta({ title: 'endpoint' });

const call = z
  .strictObject({
    to: fields
      .word(['target', 'users'])
      .prefault('target')
      .meta(
        help(
          'Whom the calls are for: the number of the target, or the users, who call each other through it. Each user has one call at a time.',
          'users',
        ),
      ),
    hold: fields
      .duration()
      .prefault('10s')
      .meta(help('Time from the answer to our BYE; longer where the steps take longer.', '30s')),
    ringTimeout: fields
      .positiveDuration()
      .prefault('32s')
      .meta(help('Without a final response for so long, we send CANCEL.', '20s')),
    expect: expectation.prefault('answered').meta(
      help('The outcome that counts as success: an answer, or this final status, and what it says.', 'answered', 486, {
        status: 'answered',
        sdp: { codec: 'PCMA' },
      }),
    ),
    figures: fields
      .flag()
      .prefault(true)
      .meta(
        help(
          'True: each INVITE carries a token, in the header X-Callgauge-Call and, unless `from` names the caller, as the caller name in From ("cg-…"), by which our own answerer at the far end returns what it received of us, also through a PBX. False: leave both out.',
        ),
      ),
    ...flowFields,
  })
  .prefault({})
  .meta(help('One call.'));

const stage = z.strictObject({
  rate: fields.rate().meta(help('New calls per second (or minute) at the end of the stage.', '20/s', '90/m')),
  ramp: fields
    .positiveDuration()
    .optional()
    .meta(help('Go linearly from the rate before (0 at first) to this one in this time.', '5s')),
  hold: fields.positiveDuration().optional().meta(help('Stay at this rate for this time.', '1m')),
  idle: fields
    .flag()
    .optional()
    .meta(
      help(
        'True: a quiet stage that gates with `idle.` compare with, such as one call at a time. Only at the start of the list; its calls and seconds are judged by nothing else.',
      ),
    ),
});

const load = z
  .strictObject({
    calls: fields
      .integer(1, 1_000_000_000)
      .optional()
      .meta(help('Calls in all. With stages the run stops at whichever comes first. Alone: 10/s until used up.', 100)),
    concurrency: fields
      .integer(1, 1_000_000)
      .optional()
      .meta(help('Cap on calls alive at once. A call that is due waits for a free place.', 50)),
    stages: z
      .array(stage)
      .min(1, { error: 'expected at least one stage' })
      .optional()
      .meta(help('Rates over time, in order. Only the last may lack a time, and only with `calls`.')),
    warmup: fields
      .duration()
      .prefault('0s')
      .meta(help('Calls due this early are not judged; counted from the end of the idle stages.', '10s')),
  })
  .prefault({})
  .meta(help('When calls are placed. Without calls and stages: 10 calls at 10/s.'));

const gateObject = z.strictObject({
  expr: fields.line('a gate', 300).meta(help('The condition.', 'mos.p5 >= 3.6', 'idle.rtt.p95 <= 50ms')),
  for: fields
    .wholeSeconds()
    .optional()
    .meta(
      help(
        'Fails only when the figures of single seconds violate it for so long without a break. Of figures with a value a second.',
        '30s',
      ),
    ),
  after: fields
    .duration()
    .optional()
    .meta(
      help('What is before this time of the run does not count: calls by their start, seconds by themselves.', '10s'),
    ),
  abortOnFail: fields
    .flag()
    .optional()
    .meta(help('True: the run ends as soon as the gate is seen failed by figures that are settled and trusted.')),
  severity: fields.word(['gate', 'warn']).optional().meta(help('`warn` is shown and never fails the run.')),
  minSamples: fields.integer(1, 1_000_000_000).optional().meta(help('With fewer values the gate is inconclusive.', 20)),
  onNoData: fields.word(['inconclusive', 'fail', 'skip']).optional().meta(help('What a gate without any value means.')),
});

const gate = z.preprocess((value) => (typeof value === 'string' ? { expr: value } : value), gateObject);

const safety = z
  .strictObject({
    authorised: fields
      .flag()
      .prefault(false)
      .meta(help('True: the owners of all targets agreed. Needed for public addresses.')),
    allow: z
      .array(fields.destination())
      .optional()
      .meta(help('Only these hosts, addresses and ranges may be called.', ['192.0.2.0/24', 'pbx.example.com'])),
    maxRate: fields.positiveRate().prefault('500/s').meta(help('Hard cap on the rate of new calls.', '200/s')),
    maxConcurrency: fields.integer(1, 1_000_000).prefault(10_000).meta(help('Hard cap on calls alive at once.', 5000)),
    stopAfterRefusals: fields
      .integer(1, 1_000_000_000)
      .prefault(100)
      .meta(help('Stop after so many unexpected final 4xx–6xx or timeouts in a row.', 50)),
  })
  .prefault({})
  .meta(help('Guards against calling what must not be called. Emergency numbers are always refused.'));

const tls = z
  .strictObject({
    ca: fields
      .line('a path', 1024)
      .optional()
      .meta(help("Authorities to trust, a PEM file relative to this file. Default: the system's.", 'lab-ca.pem')),
    cert: fields.line('a path', 1024).optional().meta(help('Our own certificate, a PEM file.', 'caller.pem')),
    key: fields.line('a path', 1024).optional().meta(help('Its key, a PEM file.', 'caller.key')),
    keyPassword: fields
      .credential('a password', QUOTED)
      .optional()
      .meta(help('Of the key. Printed nowhere; best kept out of this file.', '${env:KEY_PASSWORD}')),
    serverName: fields
      .hostName()
      .optional()
      .meta(help('The name to ask for (SNI) and to expect. Default: the host of the target.', 'pbx.example.com')),
    insecure: fields
      .flag()
      .prefault(false)
      .meta(help('True: take any certificate, also an expired one or one of somebody else.')),
  })
  .prefault({})
  .meta(help('For targets over TLS and secure WebSockets.'));

const network = z
  .strictObject({
    localAddress: fields
      .ipAddress()
      .optional()
      .meta(help('Send from this address. Default: the one that the kernel routes to the target.', '127.0.0.1')),
    advertise: fields
      .advertised()
      .optional()
      .meta(
        help(
          'Write this address into SIP and SDP, for a host behind static NAT. `learned`: the one at which the far side sees us, from its first response on; with `wait` from the first call on.',
          '203.0.113.5',
          'learned',
        ),
      ),
    rtpPorts: fields.portRange().prefault('16384-24575').meta(help('Ports for RTP and RTCP.', '16384-24575')),
    wait: fields.duration().prefault('0s').meta(help('Wait so long for the targets to respond first.', '60s')),
    optionsInterval: fields
      .durationFrom(1000)
      .optional()
      .meta(
        help(
          'Ask each endpoint by OPTIONS this often during the run, and measure the round trip of the signalling. Only answers to requests that were sent once count. Absent: never.',
          '1s',
        ),
      ),
    tls,
    connections: fields
      .word(['worker', 'user', 'call'])
      .prefault('worker')
      .meta(
        help(
          'Over TCP, TLS and WebSockets: one connection for all calls of a worker to an endpoint, or one for each call; its setup is then part of the setup delay. `user`: one for each of the users, who registers, calls and is called over it; over UDP a port of its own.',
        ),
      ),
    webSocketPath: fields
      .urlPath()
      .prefault('/ws')
      .meta(help('Path of the WebSocket URL.', '/ws', '/')),
    outboundProxy: fields
      .proxy()
      .optional()
      .meta(help('Send everything there first, with a Route header.', 'sip:proxy.example.com;transport=tcp')),
    signallingDscp: fields
      .dscp()
      .prefault('CS3')
      .meta(help('Mark of SIP packets over UDP, for routers that sort by it. Linux only.', 'CS3', 'AF31', 0)),
    mediaDscp: fields
      .dscp()
      .prefault('EF')
      .meta(help('Mark of audio and its reports, for routers that sort by it. Linux only.', 'EF', 'AF41', 0)),
    keepAlive: fields
      .duration()
      .prefault('25s')
      .meta(
        help('While calls are up, send each endpoint a CRLF (or a WebSocket ping) this often; 0s: never.', '25s', '0s'),
      ),
  })
  .prefault({})
  .meta(help('Addresses, ports and connections of this host.'));

const workers = z
  .strictObject({
    signalling: fields.integer(1, 64).prefault(1).meta(help('Threads for SIP.')),
    media: fields.integer(1, 64).optional().meta(help('Threads for RTP. Default: as the expected peak needs.', 2)),
    realtime: fields
      .flag()
      .prefault(false)
      .meta(
        help(
          'Run the threads for RTP before all others of this host (SCHED_FIFO). It starves a PBX on the same host. Linux, CAP_SYS_NICE.',
          true,
        ),
      ),
  })
  .prefault({})
  .meta(help('Worker threads.'));

const capture = z
  .strictObject({
    legs: fields
      .integer(0, 50)
      .prefault(2)
      .meta(help('So many calls, spread over the run, leave a capture for Wireshark in evidence/. 0: none.', 2, 20)),
    audio: fields
      .flag()
      .prefault(false)
      .meta(
        help(
          'With the audio in the packets, and what was received as WAV: what people say is in it. False: headers alone.',
        ),
      ),
  })
  .prefault({})
  .meta(help('Packets that are kept as evidence. Failed calls leave the headers of their last 2 s besides.'));

const loopback = z
  .strictObject({
    impair: fields
      .impairment()
      .optional()
      .meta(
        help(
          'A bad link for the audio that it sends: loss, burst (mean length in packets), delay, jitter, duplicate, reorder.',
          'loss=2%,jitter=20ms',
          'loss=5%,burst=4,delay=50ms',
        ),
      ),
  })
  .prefault({})
  .meta(help('Our own answerer, where a target is `loopback`.'));

/** The document; its output has numbers in ms and calls/s and all defaults that depend on nothing else. */
export const documentSchema = z.strictObject({
  version: fields.version().meta(help('Version of this format.', 1)),
  name: fields.name().meta(help('Name of the scenario in reports and of the report directory.', 'smoke')),
  target: fields
    .place()
    .optional()
    .meta(
      help(
        'Shorthand for one endpoint called "target". Where users call each other it needs no number.',
        'loopback',
        'sip:echo@192.0.2.10:5060',
        'sip:pbx.example.com',
      ),
    ),
  endpoints: z
    .array(endpoint)
    .min(1, { error: 'expected at least one endpoint' })
    .optional()
    .meta(help('The far sides. Calls are dealt to them in turn.')),
  auth: auth.optional().meta(help('Credentials for targets that ask for them (digest authentication).')),
  users: users.optional(),
  registration,
  audio: fields
    .line('a path', 1024)
    .optional()
    .meta(help('WAV file to play, relative to this file. Default: built-in speech.', '../audio/speech-8k.wav')),
  codec: fields
    .codecs()
    .prefault('PCMU')
    .meta(
      help(
        'Audio codec to offer, or several in order of preference: PCMU, PCMA, G722, OPUS (alone: its RTP clock is another one), or an encoding of `replay`.',
        'PCMU',
        ['G722', 'PCMA'],
      ),
    ),
  replay: z
    .array(replayEntry)
    .prefault([])
    .meta(help('Codecs that are not built in, played from captured payloads; `codec` offers them by name.')),
  ptime: fields
    .packetTime()
    .prefault('20ms')
    .meta(
      help(
        'Audio of one packet, for the codecs that are built in and Opus (10ms, 20ms, 40ms or 60ms); it is offered as a=ptime. It is kept whatever the far side wishes for; where that is another time a warning says so.',
        '20ms',
        '30ms',
      ),
    ),
  media: fields.flag().prefault(true).meta(help('False: signalling only, no RTP.')),
  rtcpXr: fields
    .flag()
    .prefault(true)
    .meta(
      help(
        'True: offer RTCP-XR (RFC 3611) in the SDP. A far end that knows it tells how it hears us (VoIP metrics), gets ours where it asks, and round trips are measured where nothing is sent too; others pass over the line. False: leave it out.',
      ),
    ),
  silenceSuppression: fields
    .flag()
    .prefault(false)
    .meta(
      help(
        'True: offer comfort noise (CN, RFC 3389), and where the far side takes it, send nothing in the pauses of the clip but a word of the noise now and then.',
      ),
    ),
  srtp: fields
    .srtp()
    .prefault('off')
    .meta(
      help(
        'Encrypted audio (SRTP) with keys in the SDP. `required` offers AES_CM_128_HMAC_SHA1_80 and AES_CM_128_HMAC_SHA1_32; a list offers its suites. A call whose far side does not agree fails. Best with signalling over TLS, since the keys travel in it.',
        'required',
        ['AEAD_AES_256_GCM', 'AES_CM_128_HMAC_SHA1_80'],
      ),
    ),
  call,
  load,
  gates: z
    .array(gate)
    .optional()
    .meta(
      help('Conditions on the result. Absent: those of the profile, or the default gates; []: no own ones.', [
        'success_ratio >= 99%',
      ]),
    ),
  profile: fields
    .profile()
    .optional()
    .meta(
      help(
        'A ready-made set of gates: ci for a build, trunk for a carrier, capacity for one step of a search for the limit. An own gate on the same figure takes its place.',
        'ci',
      ),
    ),
  safety,
  network,
  loopback,
  capture,
  workers,
  redact: fields
    .word(['numbers'])
    .optional()
    .meta(
      help(
        'Users, telephone numbers and caller names stand as ***1, ***2, … in everything that is written, and keys that are pressed as x: files, reports, terminal. Hosts stay, and tones in captured audio.',
        'numbers',
      ),
    ),
  seed: fields.integer(0, 0xffff_ffff).optional().meta(help('Makes the random choices repeatable. Default: drawn.', 1)),
});

/** A document that was read. */
export type ScenarioFile = z.output<typeof documentSchema>;

/** The JSON Schema, draft-07 as yaml-language-server needs it; what `scenarios/scenario.schema.json` holds. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(documentSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      overrideFlowSchema(zodSchema, jsonSchema);
      // What zod cannot say: a gate may be a plain string, a stage has one kind of time, there is one way to a target.
      if (zodSchema === userEntry) jsonSchema.oneOf = [{ required: ['user'] }, { required: ['range'] }];
      if (zodSchema === stage) jsonSchema.not = { required: ['ramp', 'hold'] };
      if (zodSchema === documentSchema) jsonSchema.oneOf = [{ required: ['target'] }, { required: ['endpoints'] }];
      if (zodSchema === gateObject) {
        const object = { ...jsonSchema };
        for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
        jsonSchema.anyOf = [{ type: 'string', minLength: 1, examples: ['mos.p5 >= 3.6'] }, object];
      }
    },
  });
  return { $schema, title: 'Callgauge scenario', ...schema };
}

/** The keys that an object of the document may have at this path; empty where any key goes. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType | undefined = documentSchema;
  for (const step of path) {
    at = unwrapped(at);
    if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodObject) at = at.shape[String(step)];
    else return [];
  }
  const object = unwrapped(at);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** Where a key is known that somebody wrote in another place: at the top or one level below it; undefined: nowhere, or in several. */
export function placeOfKey(key: string): string | undefined {
  const top = knownKeys([]);
  if (top.includes(key)) return key;
  const sections = top.filter((section) => knownKeys([section]).includes(key));
  return sections.length === 1 ? `${sections[0]}.${key}` : undefined;
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodPrefault || at instanceof z.ZodPipe) {
    at = at instanceof z.ZodPipe ? at.out : at.unwrap();
  }
  return at;
}
