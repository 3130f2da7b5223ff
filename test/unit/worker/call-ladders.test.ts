import { describe, expect, it } from 'vitest';
import { indexMessage } from '../../../src/sip/message/parser.js';
import { CallLadders, clipMessage } from '../../../src/worker/call-ladders.js';
import { cutRecord, failedRecord, notStartedRecord, recordOf } from '../run/batches.js';

const SECOND = 1e9;

class Clock {
  ns = 0;
  readonly ladders = new CallLadders(() => this.ns);

  /** A call of one request. */
  call(callId: string, head = '', body = ''): void {
    this.ladders.log.open(callId);
    this.ladders.log.noteSent(`INVITE sip:a@b SIP/2.0\r\nCall-ID: ${callId}\r\n${head}\r\n${body}`);
  }
}

describe('ladders', () => {
  it('of failed calls go up with their records, with times from the first message on and no secret', () => {
    const clock = new Clock();
    clock.ns = 5 * SECOND;
    clock.call('call-1', 'Authorization: Digest response="s3cret"\r\n');
    clock.ns += 1_500_000;
    clock.ladders.log.noteSent('ACK sip:a@b SIP/2.0\r\nCall-ID: call-1\r\n\r\n');
    clock.call('call-2');
    clock.call('call-3');
    const ladders = clock.ladders.end([
      failedRecord({ call: 1 }),
      recordOf({ call: 2 }),
      cutRecord('before', { call: 3 }),
    ]);
    expect(ladders).toEqual([
      {
        callId: 'call-1',
        called: null,
        startedAtNs: 5 * SECOND,
        omitted: 0,
        firstKept: 2,
        messages: [
          {
            atMs: 0,
            isSent: true,
            text: 'INVITE sip:a@b SIP/2.0\r\nCall-ID: call-1\r\nAuthorization: Digest response=[masked]\r\n\r\n',
            cutBytes: 0,
          },
          { atMs: 1.5, isSent: true, text: 'ACK sip:a@b SIP/2.0\r\nCall-ID: call-1\r\n\r\n', cutBytes: 0 },
        ],
      },
    ]);
  });

  it('have that of the end that is called, on the clock of the first message', () => {
    const clock = new Clock();
    clock.call('call-1');
    clock.ns = 2_500_000;
    const text =
      'INVITE sip:1002@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: other\r\nCSeq: 1 INVITE\r\n\r\n';
    clock.ladders.log.openOtherEnd('call-1', indexMessage(Buffer.from(text, 'latin1')));
    const [ladder] = clock.ladders.end([failedRecord({ call: 1 })]);
    expect(ladder?.messages).toHaveLength(1);
    expect(ladder?.called).toEqual({
      messages: [{ atMs: 2.5, isSent: false, text, cutBytes: 0 }],
      omitted: 0,
      firstKept: 1,
    });
  });

  it('are twenty of a cause and two hundred in all; one that was never started has none', () => {
    const clock = new Clock();
    const failed = Array.from({ length: 30 }, (_, call) => failedRecord({ call }));
    const others = Array.from({ length: 300 }, (_, index) =>
      failedRecord({ call: 100 + index, sipStatus: 400 + (index % 100), cause: `status${400 + (index % 100)}` }),
    );
    for (const { callId } of [...failed, ...others]) clock.call(callId);
    expect(clock.ladders.end(failed.slice(0, 15))).toHaveLength(15);
    expect(clock.ladders.end(failed.slice(15))).toHaveLength(5);
    expect(clock.ladders.end(others)).toHaveLength(180);
    expect(clock.ladders.end([notStartedRecord({ call: 999 })])).toEqual([]);
  });

  it('of calls that ended are known for twenty seconds, for who asks and at the end', () => {
    const clock = new Clock();
    clock.call('call-1');
    clock.call('call-2');
    clock.ladders.end([recordOf({ call: 1 })]);
    clock.ns = 20 * SECOND;
    clock.ladders.end([recordOf({ call: 2 })]);
    expect(clock.ladders.read(['call-1', 'call-2', 'call-3']).map(({ callId }) => callId)).toEqual([
      'call-1',
      'call-2',
    ]);
    expect(clock.ladders.last().map(({ callId }) => callId)).toEqual(['call-2', 'call-1']);
    clock.ns += 1;
    clock.ladders.end([]);
    expect(clock.ladders.last().map(({ callId }) => callId)).toEqual(['call-2']);
  });

  it('show text as it was written, in UTF-8', () => {
    const clock = new Clock();
    clock.call('call-1', `Subject: ${Buffer.from('Žluť', 'utf8').toString('latin1')}\r\n`);
    expect(clock.ladders.read(['call-1'])[0]?.messages[0]?.text).toContain('Subject: Žluť\r\n');
  });
});

describe('a long message', () => {
  it('keeps its head first, and a part of its body', () => {
    const head = `INVITE sip:a@b SIP/2.0\r\nX: ${'h'.repeat(100)}\r\n\r\n`;
    const short = clipMessage(head + 'b'.repeat(9000));
    expect(short.text).toBe(head + 'b'.repeat(4096 - head.length));
    expect(short.cutBytes).toBe(9000 - (4096 - head.length));
    const longHead = `INVITE sip:a@b SIP/2.0\r\nX: ${'h'.repeat(9000)}\r\n\r\n`;
    const long = clipMessage(`${longHead}v=0\r\n`);
    expect(long.text.endsWith('hhh\r\n\r\nv=0\r\n')).toBe(true);
    expect(long.cutBytes).toBe(longHead.length - (4096 - 5));
    expect(clipMessage(`${head}v=0`)).toEqual({ text: `${head}v=0`, cutBytes: 0 });
  });
});
