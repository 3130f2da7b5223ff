/** SRTP as a whole: whatever is lost or overtaken on the way, what comes is what was sent; whatever is changed is not taken. */
import { createCipheriv, createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SRTP_SUITE_NAMES, srtpSuite, type SrtpSuiteName } from '../../src/lib/srtp-suite.js';
import { RtpHeader, writeRtpHeader } from '../../src/rtp/packet.js';
import { Gcm } from '../../src/rtp/srtp/gcm.js';
import { HmacSha1 } from '../../src/rtp/srtp/hmac-sha1.js';
import { SrtpReceiver } from '../../src/rtp/srtp/receiver.js';
import { SrtpSender } from '../../src/rtp/srtp/sender.js';

const suites = fc.constantFrom(...SRTP_SUITE_NAMES);

function masterOf(suite: SrtpSuiteName, seed: number): Uint8Array {
  const { keyBytes, saltBytes } = srtpSuite(suite);
  return Uint8Array.from({ length: keyBytes + saltBytes }, (_, i) => (seed >>> ((i % 4) * 8)) & (0xff - i));
}

function rtp(sequence: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  writeRtpHeader(
    packet,
    Object.assign(new RtpHeader(), { sequence: sequence & 0xffff, ssrc: 77, timestamp: sequence }),
  );
  packet.set(payload, 12);
  return packet;
}

const buffered = (packet: Uint8Array): Uint8Array => {
  const data = new Uint8Array(2048);
  data.set(packet);
  return data;
};

describe('unprotect ∘ protect', () => {
  it('is the packet: over wraps, with losses and reordering', () => {
    const step = fc.record({
      lost: fc.integer({ min: 0, max: 15_000 }).map((n) => (n < 14_000 ? 0 : n)),
      isLate: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 330 }),
    });
    fc.assert(
      fc.property(
        suites,
        fc.nat(),
        fc.nat({ max: 0x7fff }),
        fc.array(step, { minLength: 20, maxLength: 80 }),
        (suite, seed, first, steps) => {
          const sender = new SrtpSender(suite, masterOf(suite, seed));
          const receiver = new SrtpReceiver(suite, masterOf(suite, seed));
          let sequence = first;
          let held: { plain: Uint8Array; packet: Uint8Array } | null = null;
          const check = ({ plain, packet }: { plain: Uint8Array; packet: Uint8Array }): void => {
            const data = buffered(packet);
            expect(receiver.openRtp(data, packet.length)).toBe('ok');
            expect(data.subarray(0, receiver.length)).toEqual(plain);
          };
          for (const { lost, isLate, payload } of steps) {
            // The sender sees every sequence number, as it does in a call.
            for (let n = 0; n < lost; n += 10_000)
              sender.protectRtp(rtp((sequence += Math.min(10_000, lost - n)), payload));
            const plain = rtp(++sequence, payload);
            const made = { plain, packet: sender.protectRtp(plain).slice() };
            if (isLate && held === null && sequence > first + 1) {
              held = made;
              continue;
            }
            check(made);
            if (held !== null && lost === 0) check(held);
            held = null;
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a packet that was changed', () => {
  it('in any bit, cut or made longer, is not taken, and what comes after it is', () => {
    fc.assert(
      fc.property(
        suites,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.record({ bit: fc.nat(), isRtcp: fc.boolean() }),
        (suite, seed, payload, { bit, isRtcp }) => {
          const sender = new SrtpSender(suite, masterOf(suite, seed));
          const receiver = new SrtpReceiver(suite, masterOf(suite, seed));
          const plain = rtp(1000, payload);
          if (isRtcp) plain[1] = 200;
          const protect = (): Uint8Array => (isRtcp ? sender.protectRtcp(plain) : sender.protectRtp(plain)).slice();
          const openIt = (packet: Uint8Array): string => {
            const data = buffered(packet);
            return isRtcp ? receiver.openRtcp(data, packet.length) : receiver.openRtp(data, packet.length);
          };
          const packet = protect();
          const changed = packet.slice();
          const at = bit % (packet.length * 8);
          changed[at >>> 3]! ^= 1 << (at & 7);
          expect(['failed', 'malformed']).toContain(openIt(changed));
          expect(['failed', 'malformed']).toContain(openIt(packet.subarray(0, packet.length - 1 - (bit % 5))));
          expect(openIt(Uint8Array.from([...packet, 0]))).toBe('failed');
          expect(openIt(packet)).toBe('ok');
          expect(openIt(packet)).toBe('replay');
        },
      ),
      { numRuns: 400 },
    );
  });

  it('random datagrams are never taken and never throw', () => {
    const receivers = SRTP_SUITE_NAMES.map((suite) => new SrtpReceiver(suite, masterOf(suite, 5)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (datagram) => {
        for (const receiver of receivers) {
          expect(['failed', 'malformed']).toContain(receiver.openRtp(buffered(datagram), datagram.length));
          expect(['failed', 'malformed']).toContain(receiver.openRtcp(buffered(datagram), datagram.length));
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('GCM is that of node:crypto for any key, header and payload', () => {
  const packets = fc.record({
    extension: fc.uint8Array({ maxLength: 40 }).map((words) => words.subarray(0, words.length & ~3)),
    payload: fc.uint8Array({ maxLength: 400 }),
    index: fc.nat({ max: 2 ** 48 - 1 }),
  });
  const keys = fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    salt: fc.uint8Array({ minLength: 12, maxLength: 12 }),
    isLong: fc.boolean(),
  });
  fc.assert(
    fc.property(keys, fc.array(packets, { minLength: 1, maxLength: 5 }), ({ key: long, salt, isLong }, all) => {
      const key = isLong ? long : long.subarray(0, 16);
      const suite = srtpSuite(isLong ? 'AEAD_AES_256_GCM' : 'AEAD_AES_128_GCM');
      const session = { key, salt, authKey: new Uint8Array(20) };
      const gcm = new Gcm(suite, new Uint8Array(0), { rtp: session, rtcp: session });
      for (const { extension, payload, index } of all) {
        const header = Uint8Array.from([
          0x90,
          0,
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          8,
          9,
          10,
          0,
          0,
          0,
          extension.length / 4,
          ...extension,
        ]);
        const data = new Uint8Array(512);
        data.set([...header, ...payload]);
        const length = gcm.sealRtp(data, header.length, header.length + payload.length, { ssrc: 0x0708_090a, index });
        // RFC 7714 §8.1, with numbers of any size.
        const plainIv = (0x0708_090an << 48n) | BigInt(index);
        const iv = Uint8Array.from(salt, (byte, i) => byte ^ Number((plainIv >> BigInt(8 * (11 - i))) & 0xffn));
        const cipher = createCipheriv(isLong ? 'aes-256-gcm' : 'aes-128-gcm', key, iv);
        cipher.setAAD(header);
        const expected = Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
        expect(Buffer.from(data.subarray(0, length)).toString('hex')).toBe(expected.toString('hex'));
      }
    }),
    { numRuns: 200 },
  );
});

it('HMAC-SHA1 is that of node:crypto for any key and message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 400 }), (key, message) => {
      const tag = new Uint8Array(20);
      new HmacSha1(key).compute(message, message.length, tag, 20);
      expect(Buffer.from(tag).toString('hex')).toBe(createHmac('sha1', key).update(message).digest('hex'));
    }),
    { numRuns: 500 },
  );
});
