import { describe, expect, it } from 'vitest';
import { EvidenceFiles } from '../../../src/cli/evidence-files.js';
import { EvidenceBook } from '../../../src/run/evidence-book.js';
import { asItIs } from '../../../src/run/worst-call-block.js';
import { WorstLegs } from '../../../src/run/worst-legs.js';
import { worstCall } from '../report/worst-call-fixture.js';
import { failedRecord } from '../run/batches.js';

const NONE = { received: null, sent: null };

class MemoryHost {
  readonly files = new Map<string, string>();
  full = false;
  makeDirectory(): void {}
  writeFile(path: string, data: string): void {
    if (this.full) throw new Error('ENOSPC');
    if (this.files.has(path)) throw new Error(`${path} is written twice`);
    this.files.set(path, data);
  }
}

const RUN = { name: 'peak', startedAt: '2026-11-20T14:03:22.123Z' };

describe('evidence/', () => {
  it('holds failed calls as soon as they are known, and the worst at the end, each once', () => {
    const host = new MemoryHost();
    const book = new EvidenceBook(new WorstLegs());
    const files = new EvidenceFiles(host, 'out', { endpoints: ['trunk-a'], redact: asItIs, run: RUN });
    files.flush(book);
    expect(host.files.size).toBe(0);
    book.addLadders({
      why: 'failed',
      ladders: [{ callId: 'call-3', messages: [], omitted: 0, firstKept: 0, called: null }],
    });
    book.addCall(failedRecord({ call: 3 }), NONE, NONE);
    files.flush(book);
    expect([...host.files.keys()]).toEqual(['out/evidence/call-3.txt']);
    expect(host.files.get('out/evidence/call-3.txt')).toContain(
      'outcome   failed: serviceUnavailable (the far side is overloaded',
    );
    files.addWorst([worstCall({ call: 3 }), worstCall({ call: 12 })]);
    files.flush(book);
    files.flush(book);
    expect([...host.files.keys()]).toEqual(['out/evidence/call-3.txt', 'out/evidence/call-12.txt']);
  });

  it('that a full disk refuses is written when there is room again, all of it', () => {
    const host = new MemoryHost();
    const book = new EvidenceBook(new WorstLegs());
    const files = new EvidenceFiles(host, 'out', { endpoints: ['trunk-a'], redact: asItIs, run: RUN });
    for (const call of [1, 2]) {
      const ladders = [{ callId: `call-${call}`, messages: [], omitted: 0, firstKept: 0, called: null }];
      book.addLadders({ why: 'failed', ladders });
      book.addCall(failedRecord({ call }), NONE, NONE);
    }
    files.addWorst([worstCall({ call: 7 })]);
    host.full = true;
    expect(() => files.flush(book)).toThrow('ENOSPC');
    host.full = false;
    files.flush(book);
    expect([...host.files.keys()]).toEqual([1, 2, 7].map((call) => `out/evidence/call-${call}.txt`));
  });
});
