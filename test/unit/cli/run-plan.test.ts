import { describe, expect, it } from 'vitest';
import { checkLocalAddress, localAddressFor } from '../../../src/cli/run-plan.js';

/** TEST-NET-1 of RFC 5737: nobody has it. */
const FOREIGN = '192.0.2.77';

describe('the local address of a run', () => {
  const refusal = { name: 'CannotRunError', message: '192.0.2.77 is no address of this host' };

  it('is refused alike in a dry run and in a real one where this host does not have it', async () => {
    await expect(checkLocalAddress(FOREIGN)).rejects.toMatchObject(refusal);
    await expect(localAddressFor(FOREIGN, [])).rejects.toMatchObject(refusal);
  });

  it('may be any that can be bound', async () => {
    await expect(checkLocalAddress('127.0.0.1')).resolves.toBeUndefined();
    expect(await localAddressFor('127.0.0.1', [])).toBe('127.0.0.1');
  });
});
