/** Far sides that want another packet time than a run sends: counted where calls are placed, told once. */
import { expect, it } from 'vitest';
import { PacketTimeBook } from '../../../src/call/packet-times.js';
import { farPacketTimesInWords } from '../../../src/run/far-packet-times.js';
import { RunBook } from '../../../src/run/run-book.js';
import { TwoSides } from '../call/two-sides.js';
import { signallingBatch } from './batches.js';

const WISH = { sentMs: 20, wishedMs: 30, atMostMs: null };
const LIMIT = { sentMs: 20, wishedMs: null, atMostMs: 10 };

it('are counted by what they want, and there are as many kinds as are kept', () => {
  const book = new PacketTimeBook();
  expect(book.list()).toEqual([]);
  for (const each of [WISH, WISH, LIMIT]) book.note(each);
  expect(book.list()).toEqual([
    { ...WISH, legs: 2 },
    { ...LIMIT, legs: 1 },
  ]);
  for (let ms = 1; ms < 1000; ms++) book.note({ ...WISH, wishedMs: 500 + ms / 2 });
  expect(book.list()).toHaveLength(16);
});

it('are told with both figures, the wish apart from the limit, once for all workers', () => {
  expect(farPacketTimesInWords([])).toEqual([]);
  const both = { sentMs: 20, wishedMs: 10, atMostMs: 10.1234, legs: 1 };
  expect(farPacketTimesInWords([{ ...WISH, legs: 2 }, both, { ...WISH, legs: 3 }, { ...LIMIT, legs: 1 }])).toEqual([
    'the far side wishes for packets of 30 ms on 5 legs, 10 ms on 1 (a=ptime), and this run sends 20 ms: ptime in the scenario says which',
    'the far side takes packets of at most 10.123 ms on 1 leg, 10 ms on 1 (a=maxptime), and this run sends 20 ms: what is longer it need not play',
  ]);
});

it('stand in the warnings of a run by the last that each worker told', () => {
  const book = new RunBook({ endpoints: [{ name: 'pbx', labels: {} }], media: true, warmupMs: 0 });
  book.addSignalling(signallingBatch({ worker: 0, packetTimes: [{ ...WISH, legs: 1 }] }));
  book.addSignalling(signallingBatch({ worker: 0, packetTimes: [{ ...WISH, legs: 2 }] }));
  book.addSignalling(signallingBatch({ worker: 1, packetTimes: [{ ...WISH, legs: 2 }] }));
  expect(book.packetTimes.reduce((sum, { legs }) => sum + legs, 0)).toBe(4);
});

it('are noted once a leg, when the call is up', () => {
  const packetTimes = new PacketTimeBook();
  const sides = new TwoSides({ packetTimes }, { media: { codecs: ['PCMU'], ptimeMs: 40, mayReach: () => true } });
  // Another program than ours.
  const { transport } = sides.answerer;
  const send = transport.send.bind(transport);
  transport.send = (data, host, port) => send(data.replace('a=tool:callgauge', 'a=tool:otherphone'), host, port);
  sides.place();
  sides.settle();
  expect(packetTimes.list()).toEqual([{ sentMs: 20, wishedMs: 40, atMostMs: null, legs: 1 }]);
});
