/** Who the caller is for the far side: From, P-Asserted-Identity, Privacy, headers of the scenario's own. */
import { expect, it } from 'vitest';
import { NOBODY } from '../../../src/call/invite-of.js';
import { headerBlock } from '../../../src/sip/message/builder.js';
import { parseMessage } from '../../../src/sip/message/parser.js';
import { TwoSides, type CallerSettings } from './two-sides.js';

function inviteOf(settings: CallerSettings) {
  const sides = new TwoSides(settings);
  let sent = '';
  sides.network.lose = (data) => {
    sent ||= data;
    return true;
  };
  sides.place();
  return parseMessage(Buffer.from(sent, 'latin1'));
}

const CREDENTIALS = { user: '1001', password: 'x' };

it('is the user of the credentials with the token for a name, where the scenario says nothing', () => {
  const { from } = inviteOf({ credentials: CREDENTIALS, tokenOf: () => 'cg-token' });
  expect([from.uri, from.displayName]).toEqual(['sip:1001@10.0.0.1', 'cg-token']);
});

it('is whom the scenario names; the token then stands in its header alone', () => {
  const identity = {
    user: '+4930123456',
    displayName: 'Zoë "Q" Test',
    host: 'example.com',
    headers: headerBlock([
      ['P-Asserted-Identity', '<sip:+4930123456@example.com>'],
      ['Privacy', 'id;critical'],
      ['X-Run', 'nightly'],
    ]),
  };
  const invite = inviteOf({ credentials: CREDENTIALS, tokenOf: () => 'cg-token', flow: { identity } });
  expect(invite.from.uri).toBe('sip:+4930123456@example.com');
  expect(Buffer.from(invite.from.displayName ?? '', 'latin1').toString()).toBe('Zoë "Q" Test');
  expect(['P-Asserted-Identity', 'Privacy', 'X-Run', 'X-Callgauge-Call'].map((name) => invite.header(name))).toEqual([
    '<sip:+4930123456@example.com>',
    'id;critical',
    'nightly',
    'cg-token',
  ]);
});

it('cannot break a header with what it says', () => {
  const identity = { ...NOBODY, displayName: 'a\r\nX-Evil: 1', headers: headerBlock([['X-A', 'b\r\nX-Evil: 2']]) };
  const invite = inviteOf({ flow: { identity } });
  expect(invite.header('X-Evil')).toBeNull();
});
