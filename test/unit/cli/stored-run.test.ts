import { describe, expect, it } from 'vitest';
import { problemsInFile } from '../../../src/cli/stored-run.js';

describe('what is wrong with a file of a run', () => {
  it('stands at its path, and how to go on is said once', () => {
    const problems = ['result.json.tool', 'result.json', 'd/result.json'].map((where) => ({
      code: 'x',
      where,
      message: 'm',
    }));
    expect(problemsInFile(problems, 'd/result.json', 'do this')).toEqual([
      { code: 'x', where: 'd/result.json: tool', message: 'm', hint: 'do this' },
      { code: 'x', where: 'd/result.json', message: 'm' },
      { code: 'x', where: 'd/result.json', message: 'm' },
    ]);
  });

  it('keeps the hint that a problem has', () => {
    const problem = { code: 'x', where: 'result.json.schemaVersion', message: 'm', hint: 'own' };
    expect(problemsInFile([problem], 'a.json', 'do this')).toMatchObject([
      { where: 'a.json: schemaVersion', hint: 'own' },
    ]);
  });
});
