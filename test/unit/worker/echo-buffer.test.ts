import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EchoBuffer } from '../../../src/worker/echo-buffer.js';

const SILENCE = 255;
const payloadOf = (packet: Uint8Array): number[] => [...packet.subarray(12)];

describe('EchoBuffer', () => {
  it('is silent until something comes', () =>
    expect(payloadOf(new EchoBuffer(4, SILENCE).nextPacket())).toEqual([SILENCE, SILENCE, SILENCE, SILENCE]));

  it('gives back the payload only, in order, cut anew', () => {
    const echo = new EchoBuffer(4, SILENCE);
    echo.push(Uint8Array.from([99, 99, 1, 2, 3, 4, 5, 6, 99]), 2, 6);
    expect(payloadOf(echo.nextPacket())).toEqual([1, 2, 3, 4]);
    expect(payloadOf(echo.nextPacket())).toEqual([5, 6, SILENCE, SILENCE]);
    expect(payloadOf(echo.nextPacket())).toEqual([SILENCE, SILENCE, SILENCE, SILENCE]);
  });

  it('gives up the oldest beyond eight packets, also within one push', () => {
    for (const chunk of [1, 3, 40, 100]) {
      const echo = new EchoBuffer(4, SILENCE);
      const data = Uint8Array.from({ length: 100 }, (_, i) => i);
      for (let i = 0; i < 100; i += chunk) echo.push(data, i, Math.min(chunk, 100 - i));
      const out = Array.from({ length: 9 }, () => payloadOf(echo.nextPacket())).flat();
      expect(out).toEqual([...data.subarray(68), SILENCE, SILENCE, SILENCE, SILENCE]);
    }
  });

  it('forgets with clear', () => {
    const echo = new EchoBuffer(2, SILENCE);
    echo.push(Uint8Array.of(1, 2, 3), 0, 3);
    echo.clear();
    expect(payloadOf(echo.nextPacket())).toEqual([SILENCE, SILENCE]);
  });

  it('is a queue of bytes, whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constant(null)), { maxLength: 100 }),
        (steps) => {
          const echo = new EchoBuffer(5, SILENCE);
          const queue: number[] = [];
          for (const bytes of steps) {
            echo.push(bytes ?? new Uint8Array(0), 0, bytes?.length ?? 0);
            queue.push(...(bytes ?? []));
            queue.splice(0, Math.max(0, queue.length - 40));
            const due = bytes === null ? queue.splice(0, 5) : [];
            const padded = [...due, SILENCE, SILENCE, SILENCE, SILENCE, SILENCE].slice(0, 5);
            const packet = bytes === null ? payloadOf(echo.nextPacket()) : padded;
            expect(packet).toEqual(padded);
          }
        },
      ),
    );
  });
});
