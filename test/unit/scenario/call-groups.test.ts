/** Calls that have figures of their own: by endpoint, and by the labels of users. */
import { describe, expect, it } from 'vitest';
import { callGroups } from '../../../src/scenario/call-groups.js';

const PBX = { name: 'pbx', labels: { site: 'dc', carrier: 'x' } };
const users = (...labels: Record<string, string>[]) => labels.map((own) => ({ labels: own }));

describe('groups of calls', () => {
  it('are the endpoints where nobody has labels', () => {
    const other = { name: 'b', labels: {} };
    expect(callGroups([PBX, other], null)).toEqual({
      list: [
        { ...PBX, partOf: null },
        { ...other, partOf: null },
      ],
      ofUser: [],
    });
    expect(callGroups([PBX], users({}, {}))).toEqual({ list: [{ ...PBX, partOf: null }], ofUser: [0, 0] });
  });

  it('are one where all users have the same labels, which go before those of the endpoint', () => {
    expect(callGroups([PBX], users({ site: 'berlin' }, { site: 'berlin' })).list).toEqual([
      { name: 'pbx', labels: { site: 'berlin', carrier: 'x' }, partOf: null },
    ]);
  });

  it('are one for each set of labels, whatever their order', () => {
    const { list, ofUser } = callGroups(
      [PBX],
      users({ site: 'berlin', device: 'desk' }, {}, { device: 'desk', site: 'berlin' }, { site: 'a, b=c' }),
    );
    expect(ofUser).toEqual([0, 1, 0, 2]);
    expect(list).toEqual([
      {
        name: 'pbx (device=desk, site=berlin)',
        labels: { site: 'berlin', device: 'desk', carrier: 'x' },
        partOf: 'pbx',
      },
      { name: 'pbx (no labels)', labels: PBX.labels, partOf: 'pbx' },
      { name: 'pbx (site="a, b=c")', labels: { site: 'a, b=c', carrier: 'x' }, partOf: 'pbx' },
    ]);
  });
});
