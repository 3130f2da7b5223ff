/** Every cause that a call, a transfer or a registration can have is said in words. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { causeOfEvent, causeOfStatus } from '../../../src/call/outcome.js';
import { causeWords, outcomeWords } from '../../../src/report/cause-words.js';
import type { RefusalCode } from '../../../src/sdp/offer-answer.js';
import type { CallEnd, CallFailure, DialogOutcome } from '../../../src/sip/ua/call-events.js';
import type { RegistrationFailure } from '../../../src/sip/ua/registration.js';
import type { Step } from '../../../src/call/steps.js';

type All<T extends string> = Readonly<Record<T, true>>;

// Types check that none is missing here.
const FAILURES: All<CallFailure['cause'] | RegistrationFailure['cause']> = {
  response: true,
  'credentials-withheld': true,
  timeout: true,
  cancelled: true,
  'malformed-response': true,
  'transport-error': true,
  'connection-failed': true,
  'tls-failed': true,
  'no-file-handle': true,
  'no-local-port': true,
  'no-socket-memory': true,
};
const ENDS: All<CallEnd['cause']> = {
  bye: true,
  'bye-timeout': true,
  'bye-refused': true,
  'transport-error': true,
  'connection-failed': true,
  'tls-failed': true,
  'no-file-handle': true,
  'no-local-port': true,
  'no-socket-memory': true,
};
const STEP_ENDS: All<Exclude<DialogOutcome['cause'], 'response'> | 'refused'> = {
  refused: true,
  timeout: true,
  'transport-error': true,
  'connection-failed': true,
  'tls-failed': true,
  'no-file-handle': true,
  'no-local-port': true,
  'no-socket-memory': true,
};
const STEPS: All<Exclude<Step['kind'], 'wait' | 'dtmf' | 'expectDtmf' | 'bye'>> = {
  hold: true,
  resume: true,
  reinvite: true,
  update: true,
  info: true,
  refer: true,
};
const DESCRIPTIONS: All<RefusalCode> = {
  'no-audio': true,
  rejected: true,
  'unsupported-protocol': true,
  'no-crypto': true,
  'no-common-crypto': true,
  'bad-crypto': true,
  'no-common-codec': true,
  'mux-payload-type': true,
  'bad-address': true,
  'media-mismatch': true,
  'too-large': true,
  'too-many-media': true,
  'too-many-attributes': true,
  'bad-line': true,
  'bad-version': true,
  'bad-origin': true,
  'bad-connection': true,
  'bad-media': true,
};

/** Causes as they are written out where calls end. */
const WRITTEN = [
  /cause: '([^']+)'/g,
  /\b(?:drain|abandon|giveUpHeld)\('([^']+)'/g,
  /\bgiveUpHeld\(.* \? '([^']+)'/g,
  /\bgiveUpHeld\(.* : '([^']+)'/g,
  /\bend\('(?:failed|dropped|cut)', '([^']+)'/g,
  /\bnotStarted\([^)]*, '([^']+)'/g,
  /\?\? '(unknown)'/g,
];

function writtenCauses(): string[] {
  const files = ['call', 'run', 'worker'].flatMap((room) =>
    readdirSync(new URL(`../../../src/${room}/`, import.meta.url))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(`../../../src/${room}/${name}`, import.meta.url), 'utf8')),
  );
  const found = files.flatMap((text) => WRITTEN.flatMap((form) => [...text.matchAll(form)].map(([, cause]) => cause)));
  return [...new Set(found.filter((cause) => cause !== undefined))];
}

/** Causes without words of a person: longer than an id, without camel case, no whole sentence. */
function wordless(causes: readonly string[]): string[] {
  return causes.filter((cause) => {
    const words = causeWords(cause);
    return words === null || !/^[a-z].* .*[^.]$/.test(words) || /\b[a-z]+[A-Z]/.test(words);
  });
}

describe('causeWords', () => {
  it('has words for each final status', () => {
    const statuses = Array.from({ length: 400 }, (_, index) => causeOfStatus(300 + index));
    expect(wordless(statuses)).toEqual([]);
    expect(causeWords('status499')).toBe('the far side refused it with SIP 499');
    expect(causeWords(causeOfStatus(486))).toBe('the called user is busy');
  });

  it.each([
    ['failures of an INVITE or a REGISTER', Object.keys(FAILURES)],
    ['ends of a call', Object.keys(ENDS)],
    ['ends of a step', Object.keys(STEPS).flatMap((step) => Object.keys(STEP_ENDS).map((end) => `${step}-${end}`))],
  ])('has words for %s', (_, events) => {
    expect(wordless(events.map(causeOfEvent))).toEqual([]);
  });

  it('has words for what is wrong with a session description', () => {
    expect(wordless(Object.keys(DESCRIPTIONS).map((code) => `sdp:${code}`))).toEqual([]);
  });

  it('has words for each cause that is written out in the code', () => {
    const causes = writtenCauses();
    // Some of each form, so that a search that finds nothing is no pass.
    expect(causes).toEqual(
      expect.arrayContaining([
        'noAnswer',
        'interrupted',
        'noFreeUser',
        'concurrencyCap',
        'noPrack',
        'noSlot',
        'unknown',
        'sdp:no-answer',
      ]),
    );
    expect(wordless(causes)).toEqual([]);
  });

  it('says of the outcome of a call what its cause means, and leaves others as they are', () => {
    expect(outcomeWords('failed: busy')).toBe('failed: busy (the called user is busy)');
    expect(outcomeWords('completed')).toBe('completed');
    expect(outcomeWords('failed: ofTomorrow')).toBe('failed: ofTomorrow');
    expect(causeWords('constructor')).toBeNull();
    expect(wordless(['ofTomorrow', 'busy'])).toEqual(['ofTomorrow']);
  });
});
