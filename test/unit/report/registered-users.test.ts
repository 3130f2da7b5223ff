/** Users by their labels, in the one sentence that text and page have of them. */
import { expect, it } from 'vitest';
import { registeredInWords } from '../../../src/report/registered-users.js';
import { renderSummary } from '../../../src/report/text.js';
import type { Result } from '../../../src/run/result.js';
import { typicalPass } from './result-fixture.js';

type Registrations = Result['endpoints'][number]['registrations'];

const of = (users: number, registeredAtBegin: number | null, refused = 0): Registrations => ({
  users,
  registeredAtBegin,
  refused,
  attempts: users,
  ineffective: refused,
});

function withGroups(...groups: readonly (readonly [name: string, registrations: Registrations])[]): Result {
  const base = typicalPass();
  const [endpoint] = base.endpoints;
  if (endpoint === undefined) throw new Error('no endpoint');
  const endpoints = groups.map(([name, registrations]) =>
    Object.assign({}, endpoint, { name, partOf: 'pbx', registrations }),
  );
  return { ...base, endpoints };
}

it('names each set of labels, those of whom most are missing first', () => {
  const result = withGroups(['pbx (site=berlin)', of(10, 10)], ['pbx (site=paris)', of(1200, 1190, 3)]);
  const words =
    'Users registered when the calls began: pbx (site=paris) 1,190 of 1,200, 3 refused; pbx (site=berlin) 10 of 10';
  expect(registeredInWords(result)).toBe(words);
  const text = renderSummary(result, { color: false, reportPath: null });
  expect(text.replaceAll(/\s+/g, ' ')).toContain(words);
});

it('names eight of them, and says where the others are', () => {
  const many = Array.from({ length: 20 }, (_, index) => [`g${index}`, of(2, 2)] as const);
  expect(registeredInWords(withGroups(...many))).toMatch(/; g7 2 of 2; 12 more in result\.json$/);
});

it('is nothing where users are not told apart, or no call began', () => {
  expect(registeredInWords(typicalPass())).toBeNull();
  expect(registeredInWords(withGroups(['a', of(1, null)], ['b', of(1, null)]))).toBeNull();
  expect(registeredInWords(withGroups(['a', null], ['b', of(1, 1)]))).toBeNull();
});
