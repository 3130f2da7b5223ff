import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_HEADERS, headerBlock, serializeRequest } from '../../src/sip/message/builder.js';
import { headerIdOf } from '../../src/sip/message/header-name.js';
import { SipParseError } from '../../src/sip/message/parse-error.js';
import { parseMessage } from '../../src/sip/message/parser.js';
import { StreamFramer } from '../../src/sip/message/stream-framer.js';
import { createUri, parseUri, serializeUri } from '../../src/sip/message/uri.js';
import { parseSdp } from '../../src/sdp/parser.js';
import { SdpError } from '../../src/sdp/sdp-error.js';
import { createRandom } from '../../src/lib/random.js';
import { FIELDS, bytes } from '../unit/sip/samples.js';
import { Network, Recorder, SDP, agentOn, autoAnswer } from '../unit/sip/ua/network.js';

const word = fc.stringMatching(/^[a-zA-Z0-9]{1,12}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const COMPACT: Record<string, string> = {
  Via: 'v',
  From: 'f',
  To: 't',
  'Call-ID': 'i',
  'Content-Length': 'l',
  'Content-Type': 'c',
  Contact: 'm',
};

const fields = fc.record({
  callId: word,
  branch: word,
  user: fc.string({ minLength: 1, maxLength: 10 }),
  cseq: fc.nat(),
  body: fc.string(),
  subject: value,
});

const build = (given: {
  callId: string;
  branch: string;
  user: string;
  cseq: number;
  body: string;
  subject: string;
}): string =>
  serializeRequest({
    ...FIELDS,
    callId: given.callId,
    branch: `z9hG4bK${given.branch}`,
    to: `<${serializeUri(createUri({ user: given.user, host: 'h' }))}>`,
    cseq: given.cseq,
    headers: headerBlock([['Subject', given.subject]]),
    contentType: 'text/plain',
    body: given.body,
  });

/** The same message in another spelling: case, compact names, folds. */
function respell(text: string, seed: number): string {
  const random = createRandom(seed);
  const [head, body] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
  const [start, ...lines] = head.split('\r\n');
  const spelled = lines.map((line) => {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const kinds = [
      name,
      name.toUpperCase(),
      name.toLowerCase(),
      `${COMPACT[name] ?? name} `,
      (COMPACT[name] ?? name).toUpperCase(),
    ];
    const fold = random.next() < 0.3 ? ' \r\n \t' : ' ';
    return `${kinds[random.nextUint32() % kinds.length]}:${fold}${line.slice(colon + 1).trim()}`;
  });
  return `${[start, ...spelled].join('\r\n')}\r\n\r\n${body}`;
}

describe('parse ∘ serialize', () => {
  it('gives the fields back, in any spelling', () => {
    fc.assert(
      fc.property(fields, fc.nat(), (given, seed) => {
        const message = parseMessage(bytes(respell(build(given), seed)));
        expect(message.callId).toBe(given.callId);
        expect(message.topVia.branch).toBe(`z9hG4bK${given.branch}`);
        expect(message.cseq).toEqual({ number: given.cseq, method: 'INVITE' });
        expect(decodeURIComponent(parseUri(message.to.uri).user ?? '')).toBe(
          Buffer.from(given.user, 'utf8').toString('utf8'),
        );
        expect(message.header('subject')).toBe(given.subject);
        expect(Buffer.from(message.body, 'latin1').length).toBe(
          Number(message.header('content-length') ?? message.body.length),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(Object.entries(COMPACT))('%s and %s have one id in any case', (name, compact) => {
    const spellings = [name, name.toUpperCase(), name.toLowerCase(), compact, compact.toUpperCase()];
    expect(new Set(spellings.map(headerIdOf)).size).toBe(1);
    expect(headerIdOf(name)).toBeGreaterThan(0);
  });
});

describe('StreamFramer', () => {
  it('gives the same messages for any split of the bytes, keep-alives between them', () => {
    const message = fc.tuple(fields, fc.constantFrom('', '\r\n', '\r\n\r\n'));
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 }),
        (given, sizes) => {
          const stream = bytes(given.map(([parts, keepAlive]) => keepAlive + build(parts)).join(''));
          const framer = new StreamFramer();
          const got: string[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = sizes[i % sizes.length]!;
            for (const found of framer.push(stream.subarray(at, at + size))) {
              const message = parseMessage(found);
              got.push(`${message.callId} ${message.body}`);
            }
            at += size;
          }
          expect(framer.failure).toBeNull();
          expect(got).toEqual(given.map(([parts]) => `${parts.callId} ${parseMessage(bytes(build(parts))).body}`));
          expect(framer.state).toBe('idle');
          expect(framer.takePings()).toBe(given.filter(([, keepAlive]) => keepAlive === '\r\n\r\n').length);
          expect(framer.takePings()).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['too-large', `A${'x'.repeat(70_000)}`],
    ['missing-header', 'OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n'],
    ['bad-content-length', 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n'],
    ['too-large', 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n'],
    ['bad-start-line', 'hello\r\n\r\n'],
  ])('fails for good with %s', (code, text) => {
    const framer = new StreamFramer();
    for (let at = 0; at < text.length; at += 1_000) expect(framer.push(bytes(text.slice(at, at + 1_000)))).toEqual([]);
    expect([framer.state, framer.failure?.code]).toEqual(['failed', code]);
    expect(framer.push(bytes(build({ callId: 'a', branch: 'b', user: 'c', cseq: 1, body: '', subject: 's' })))).toEqual(
      [],
    );
  });
});

/** One to four bytes changed, cut, doubled or put in. */
function mutate(seed: Buffer, random: ReturnType<typeof createRandom>): Buffer {
  const INTERESTING = [0, 9, 10, 13, 32, 34, 44, 58, 59, 60, 61, 62, 64, 91, 93, 127, 255];
  let data = Buffer.from(seed);
  for (let n = 1 + (random.nextUint32() % 4); n > 0; n--) {
    const at = random.nextUint32() % Math.max(data.length, 1);
    const kind = random.nextUint32() % 4;
    const byte = INTERESTING[random.nextUint32() % INTERESTING.length]!;
    if (kind === 0) data[at] = byte;
    else if (kind === 1) data = Buffer.concat([data.subarray(0, at), data.subarray(at + (random.nextUint32() % 20))]);
    else if (kind === 2) data = Buffer.concat([data.subarray(0, at), Buffer.of(byte), data.subarray(at)]);
    else data[at] = random.nextUint32() & 255;
  }
  return data;
}

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What stays on the heap, MB. */
function heapMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1e6;
}

describe('a million mutated inputs', () => {
  it('700,000 messages: nothing but SipParseError, from any getter, and nothing stays behind', () => {
    const random = createRandom(1);
    const seeds = [
      bytes(
        serializeRequest({
          ...FIELDS,
          headers: headerBlock([
            ['Record-Route', '<sip:p;lr>, <sip:q>'],
            ['Contact', '"x" <sip:a@[::1]:5;x>'],
          ]),
          contentType: 'application/sdp',
          body: SDP,
        }),
      ),
      bytes(
        'SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h:1;branch=z9hG4bKx;rport=1\r\nf: <sip:a@b>;tag=1\r\nt: "a\\"" <sip:a@b>\r\n ;tag=2\r\ni: 1\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n',
      ),
    ];
    let parsed = 0;
    let before = Number.NaN;
    for (let i = 0; i < 700_000; i++) {
      if (i === 100_000) before = heapMegabytes();
      try {
        const message = parseMessage(mutate(seeds[i % 2]!, random));
        parsed++;
        void [
          message.contactUri,
          message.recordRoutes,
          message.contentType,
          message.body,
          message.hasSingleVia,
          message.header('x'),
        ];
        if (message.isRequest) parseUri(message.requestUri);
      } catch (error) {
        if (!(error instanceof SipParseError)) throw error;
      }
    }
    // Both branches must have run, or the test says nothing.
    expect(parsed).toBeGreaterThan(140_000);
    expect(parsed).toBeLessThan(650_000);
    expect(heapMegabytes() - before).toBeLessThan(10);
  });

  it('250,000 session descriptions: nothing but SdpError', () => {
    const random = createRandom(2);
    let refused = 0;
    for (let i = 0; i < 250_000; i++) {
      try {
        parseSdp(mutate(bytes(SDP), random).toString('latin1'));
      } catch (error) {
        if (!(error instanceof SdpError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(25_000);
    expect(refused).toBeLessThan(225_000);
  });

  it('a user agent survives 50,000 mutated datagrams of a live call', () => {
    const network = new Network();
    const { agent: alice, transport } = agentOn(network, '10.0.0.1', 1);
    const { agent: bob, transport: bobTransport } = agentOn(network, '10.0.0.2', 2);
    autoAnswer(bob, new Recorder());
    const seen: Buffer[] = [];
    network.lose = (data) => seen.length < 50 && seen.push(bytes(data)) < 0;
    const call = alice.invite({ target: createUri({ user: 'b', host: '10.0.0.2' }), sdp: SDP }, new Recorder());
    network.wheel.advance(1_000);
    call.bye();
    network.wheel.advance(2_000);
    const random = createRandom(3);
    for (let i = 0; i < 50_000; i++) {
      const data = mutate(seen[i % seen.length]!, random);
      const to = i % 2 === 0 ? transport : bobTransport;
      to.onMessage?.(data, '10.0.0.9', 5_060);
    }
    expect(alice.counters.malformed + bob.counters.malformed).toBeGreaterThan(1_000);
    network.wheel.advance(500_000);
    expect([alice.transactionCount, bob.transactionCount, bob.sessionCount]).toEqual([0, 0, 0]);
    expect(NO_HEADERS).toBe('');
  });
});
