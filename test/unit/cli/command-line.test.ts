/** The command as reports show it. */
import { expect, it } from 'vitest';
import { commandLine } from '../../../src/cli/command-line.js';

it('masks every password, in both ways of giving it', () => {
  const args = ['run', '--password', 'one', '--password=two', '--tls-key-password', 'three', '--tls-key-password=four'];
  expect(commandLine(args)).toBe(
    "callgauge run --password '***' '--password=***' --tls-key-password '***' '--tls-key-password=***'",
  );
});
