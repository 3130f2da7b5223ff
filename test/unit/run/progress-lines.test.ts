import { expect, it } from 'vitest';
import { readProgressLine } from '../../../src/cli/row-reader.js';
import { mediaBatchesOf, ProgressLog, signallingBatchOf } from '../../../src/run/progress-lines.js';
import { RunBook } from '../../../src/run/run-book.js';
import type { MediaBatch, MediaPulse, SignallingBatch } from '../../../src/worker/messages.js';
import { mediaBatch, signallingBatch } from './batches.js';

const read = (line: object | undefined, changes: object) => readProgressLine(JSON.stringify({ ...line, ...changes }));

const plan = { endpoints: [{ name: 'trunk-a', labels: {} }], media: true, warmupMs: 0 };

const pulse = (second: number, changes: Partial<MediaPulse> = {}): MediaPulse => ({
  second,
  sent: 50,
  missed: second % 2,
  latenessP99Ms: 0.25 + second,
  latenessMaxMs: 4.5,
  drops: second,
  ...changes,
});

it('batches come back from their lines with the same generator, second by second', () => {
  const media: MediaBatch[] = [
    mediaBatch({ second: 0, pulses: [pulse(0), pulse(1), pulse(2)], drops: 2, undatedDrops: 2, sent: 150 }),
    mediaBatch({ second: 1, pulses: [pulse(3, { latenessP99Ms: Number.NaN, drops: 7 })], drops: 7, undatedDrops: 1 }),
    mediaBatch({ worker: 1, second: 1, pulses: [pulse(3, { drops: null })], drops: null }),
  ];
  const signalling: SignallingBatch[] = [
    signallingBatch({ second: 0, started: 4, intended: 5, loopDelayUs: Float64Array.of(100, 1, 9000, 1) }),
    signallingBatch({ second: 1, started: 9, intended: 9 }),
  ];
  const live = new RunBook(plan);
  const log = new ProgressLog();
  media.forEach((batch) => [live.addMedia(batch), log.addMedia(batch)]);
  signalling.forEach((batch) => [live.addSignalling(batch), log.addSignalling(batch)]);

  const rebuilt = new RunBook(plan);
  for (const written of log.take()) {
    const line = readProgressLine(JSON.stringify(written));
    if (line?.type === 'media') mediaBatchesOf(line).forEach((batch) => rebuilt.addMedia(batch));
    if (line?.type === 'signalling') rebuilt.addSignalling(signallingBatchOf(line));
  }
  expect(rebuilt.generatorSeconds.list()).toEqual(live.generatorSeconds.list());
  expect(
    rebuilt.generatorSeconds
      .list()
      .map(({ startsMade, missedPackets, receiveDrops }) => [startsMade, missedPackets, receiveDrops]),
  ).toEqual([
    [4, 0, 0],
    [5, 1, 1],
    [null, 0, 1],
    [null, 2, 5],
  ]);
  expect([rebuilt.health.undatedDrops, rebuilt.health.receiveDrops]).toEqual([3, null]);
});

it('lines of an earlier version, which had none of it, are read; others that are no figures are not', () => {
  const log = new ProgressLog();
  log.addMedia(mediaBatch({ pulses: [pulse(0)] }));
  log.addSignalling(signallingBatch());
  const [media, signalling] = log.take();
  const without = { pulses: undefined, undatedDrops: undefined };
  expect(read(media, without)).not.toBeNull();
  expect(read(signalling, without)).not.toBeNull();
  for (const pulses of [5, [[0]], [[-1, 0, 0, 0, 0, 0]], [[0, 'x', 0, 0, 0, 0]], [[1e9, 0, 0, 0, 0, 0]]]) {
    expect(read(media, { pulses })).toBeNull();
  }
  expect(read(signalling, { pulses: [[0, 1, 2]] })).toBeNull();
  const state = {
    type: 'state',
    elapsedMs: 5,
    cpuSeconds: 1,
    interrupted: null,
    lostWorkers: [],
    doubts: [],
    warnings: [],
  };
  expect(read(state, {})).not.toBeNull();
  expect(read(state, { cpu: [[3, 0.5]] })).not.toBeNull();
  expect(read(state, { cpu: [[3]] })).toBeNull();
  const registrations = {
    registeredAtBegin: 2,
    users: 2,
    bound: 2,
    refused: 0,
    attempts: 3,
    ineffective: 1,
    failures: [{ sipStatus: null, cause: 'timeout', count: 1 }],
    matches: { header: 1, callerName: 0, number: 0, unmatched: 0 },
    delayMs: [1.5, 2],
  };
  expect(read(state, { registrations: null })).not.toBeNull();
  expect(read(state, { registrations })).toMatchObject({ registrations });
  expect(read(state, { registrations: { ...registrations, bindingsLost: 2 } })).not.toBeNull();
  const groups = [
    [1, 1, 0, 2, 1, 1],
    [1, 1, 0, 1, 0, null],
  ];
  expect(read(state, { registrations: { ...registrations, groups } })).toMatchObject({ registrations: { groups } });
  for (const bad of [
    { users: -1 },
    { bindingsLost: 1.5 },
    { registeredAtBegin: 'x' },
    { failures: [{ sipStatus: 9999, cause: 'x', count: 1 }] },
    { failures: [5] },
    { matches: null },
    { delayMs: [1.5] },
    { delayMs: [1.5, 0.5] },
    { groups: [[1, 2, 3]] },
    { groups: [['x', 0, 0, 0, 0, 0]] },
  ]) {
    expect(read(state, { registrations: { ...registrations, ...bad } })).toBeNull();
  }
  expect(read(state, { registrations: [] })).toBeNull();
});
