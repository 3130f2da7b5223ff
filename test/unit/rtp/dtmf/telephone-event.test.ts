/** Keys as telephone-events: packets by hand from RFC 4733, on the way out and on the way in. */
import { describe, expect, it } from 'vitest';
import { EventReceiver, type ReceivedEvent } from '../../../../src/rtp/dtmf/event-receiver.js';
import { EventSender } from '../../../../src/rtp/dtmf/event-sender.js';
import { digitOf, eventCodeOf, parseEvent } from '../../../../src/rtp/dtmf/telephone-event.js';
import { RtpHeader } from '../../../../src/rtp/packet.js';

const STEP = 160;

const inWords = (hex: string): string => (hex.match(/.{8}/g) ?? []).join(' ');

/** What the sender gives in so many ptimes of audio from timestamp 8000 and sequence 100 on; null: audio. */
function sent(sender: EventSender, ptimes: number, from = 8000): (string | null)[] {
  const audio = new RtpHeader();
  Object.assign(audio, { ssrc: 0x01020304, sequence: 100, timestamp: from });
  return Array.from({ length: ptimes }, () => {
    const packet = sender.next(audio, 101, STEP);
    audio.sequence++;
    audio.timestamp = (audio.timestamp + STEP) >>> 0;
    return packet === null ? null : inWords(Buffer.from(packet).toString('hex'));
  });
}

describe('the keys as events', () => {
  it.each([
    ['0', 0],
    ['9', 9],
    ['*', 10],
    ['#', 11],
    ['A', 12],
    ['d', 15],
    ['', -1],
    ['12', -1],
    ['E', -1],
  ])('%s is event %i of table 3', (digit, code) => {
    expect(eventCodeOf(digit)).toBe(code);
  });

  it('are no other events', () => {
    expect([digitOf(11), digitOf(16), digitOf(255)]).toEqual(['#', null, null]);
  });

  it('leave a payload that is too short as it was', () => {
    const into = { code: 7, isEnd: true, duration: 9 };
    expect(parseEvent(new Uint8Array([1, 2, 3]), 0, 3, into)).toBe(false);
    expect(into).toEqual({ code: 7, isEnd: true, duration: 9 });
  });
});

describe('the sender', () => {
  it('marks the first packet, lets the duration grow under one timestamp, and says the end three times', () => {
    const sender = new EventSender();
    sender.send({ digit: '5', tone: 480, gap: 800 });
    // V=2, M, PT 101 = 0xe5 with the marker; timestamp 8000 = 0x1f40; event 5, volume 10, durations 160, 320, 480 = 0xa0, 0x140, 0x1e0.
    expect(sent(sender, 9)).toEqual([
      '80e50064 00001f40 01020304 050a00a0',
      '80650065 00001f40 01020304 050a0140',
      '80650066 00001f40 01020304 058a01e0',
      '80650067 00001f40 01020304 058a01e0',
      '80650068 00001f40 01020304 058a01e0',
      null,
      null,
      null,
      null,
    ]);
    expect(sender.isIdle).toBe(true);
  });

  it('begins the next key when tone and gap are over, rounded up to whole packets', () => {
    const sender = new EventSender();
    sender.send({ digit: '1', tone: 400, gap: 560 });
    sender.send({ digit: '#', tone: 160, gap: 0 });
    const packets = sent(sender, 12);
    // 400 units are three packets, 560 are four: the second key begins at 8000 + 7 × 160 = 9120 = 0x23a0.
    expect(packets[2]?.slice(-8)).toBe('018a01e0');
    expect(packets.slice(5, 7)).toEqual([null, null]);
    expect(packets[7]).toBe('80e5006b 000023a0 01020304 0b8a00a0');
    expect(packets.slice(8).map((packet) => packet?.slice(-8) ?? null)).toEqual(['0b8a00a0', '0b8a00a0', null, null]);
  });

  it('splits what is longer than the duration field holds', () => {
    const sender = new EventSender();
    sender.send({ digit: '2', tone: 65_760, gap: 0 }); // 411 packets
    const packets = sent(sender, 412, 0xffff_ff60);
    // 409 × 160 = 65440 = 0xffa0 fits, then comes the full field; 411 × 160 = 65760 is 225 = 0xe1 units into the second segment,
    // at 0xffffff60 + 0xffff = 0xff5f.
    expect(packets[408]).toBe('806501fc ffffff60 01020304 020affa0');
    expect(packets[409]).toBe('806501fd ffffff60 01020304 020affff');
    expect(packets[410]).toBe('806501fe 0000ff5f 01020304 028a00e1');
  });

  it('keeps no more keys than its limit', () => {
    const sender = new EventSender(2);
    for (const digit of '123') sender.send({ digit, tone: 160, gap: 0 });
    const first = sent(sender, 20).filter((packet) => packet?.startsWith('80e5'));
    expect(first.map((packet) => packet?.slice(27, 29))).toEqual(['01', '02']);
  });
});

/** Arrival ms, timestamp, payload. */
type Arrival = readonly [ms: number, timestamp: number, payload: string];

function received(arrivals: readonly Arrival[], end?: (receiver: EventReceiver) => void): ReceivedEvent[] {
  const events: ReceivedEvent[] = [];
  const receiver = new EventReceiver(8000, (event) => events.push(event));
  for (const [ms, timestamp, payload] of arrivals) {
    const data = Buffer.from(`ffff${payload}`, 'hex');
    receiver.take(data, { offset: 2, length: data.length - 2 }, timestamp, ms);
  }
  end?.(receiver);
  return events;
}

describe('the receiver', () => {
  /** The example of RFC 4733 §5: `911`, packets each 50 ms, durations 200 ms, 250 ms and 450 ms. */
  const NINE: Arrival[] = [
    [50, 0, '090a0190'],
    [100, 0, '090a0320'],
    [150, 0, '090a04b0'],
    [200, 0, '090a0640'],
    [250, 0, '098a0640'],
    [300, 0, '098a0640'],
  ];
  const FIRST_ONE: Arrival[] = [
    [930, 7040, '010a0190'],
    [1130, 7040, '018a07d0'],
    [1180, 7040, '018a07d0'],
    [1230, 7040, '018a07d0'],
  ];

  it('takes each event once, with its time and duration', () => {
    expect(received([...NINE, ...FIRST_ONE])).toEqual([
      { digit: '9', startMs: 0, durationMs: 200 },
      { digit: '1', startMs: 880, durationMs: 250 },
    ]);
  });

  it('tells two presses of one key apart by their timestamps', () => {
    const again: Arrival[] = [
      [1650, 11_520, '010a0190'],
      [2050, 11_520, '018a0e10'],
    ];
    expect(received([...FIRST_ONE, ...again]).map(({ digit, durationMs }) => [digit, durationMs])).toEqual([
      ['1', 250],
      ['1', 450],
    ]);
  });

  it.each(NINE.map((_, index) => index))('misses nothing where packet %i is lost', (lost) => {
    const events = received(NINE.toSpliced(lost, 1));
    expect(events).toEqual([{ digit: '9', startMs: 0, durationMs: 200 }]);
  });

  it('begins with the only packet that came: the end', () => {
    expect(received(NINE.slice(-1))).toEqual([{ digit: '9', startMs: 100, durationMs: 200 }]);
  });

  it('ends an event whose ends are all lost with the next one', () => {
    expect(received([...NINE.slice(0, 3), ...FIRST_ONE]).map(({ digit, durationMs }) => [digit, durationMs])).toEqual([
      ['9', 150],
      ['1', 250],
    ]);
  });

  it('ends it with audio that is well behind it, with time, and with the stream', () => {
    const open = NINE.slice(0, 3);
    const nine = [{ digit: '9', startMs: 0, durationMs: 150 }];
    expect(received(open, (receiver) => receiver.onAudio(229))).toEqual([]);
    expect(received(open, (receiver) => receiver.onAudio(230))).toEqual(nine);
    expect(received(open, (receiver) => receiver.onTime(349))).toEqual([]);
    expect(received(open, (receiver) => receiver.onTime(350))).toEqual(nine);
    expect(received(open, (receiver) => receiver.close())).toEqual(nine);
  });

  it('takes no event anew for packets that come late or twice', () => {
    const late: Arrival[] = [NINE[1]!, NINE[5]!];
    expect(received([...NINE, ...FIRST_ONE, ...late])).toHaveLength(2);
  });

  it('joins the segments of a long one', () => {
    const arrivals: Arrival[] = [
      [20, 0xffff_ff60, '020a00a0'],
      [8180, 0xffff_ff60, '020affa0'],
      [8200, 0xff5f, '020a0041'],
      [8220, 0xff5f, '028a00e1'],
    ];
    // 65535 + 225 = 65760 units = 8220 ms.
    expect(received(arrivals)).toEqual([{ digit: '2', startMs: 0, durationMs: 8220 }]);
  });

  it('passes over events that are no keys, and what is no event', () => {
    expect(
      received([
        [20, 0, '108a00a0'],
        [40, 400, '0102'],
        [60, 800, ''],
      ]),
    ).toEqual([]);
  });
});
