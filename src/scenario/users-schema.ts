/** The users of a document, and how they register. */
import { z } from 'zod';
import * as fields from './fields.js';
import { help } from './help.js';

/** Keys that may take a value of each row of a CSV file. */
export const CSV_KEYS = ['user', 'password', 'authUser'] as const;

const QUOTED = ', in quotes where it is a number';

export const userEntry = z
  .strictObject({
    user: fields
      .credential('a user name', QUOTED)
      .optional()
      .meta(
        help(
          'User name or extension. With a column of a CSV file: a user a row.',
          '1001',
          '${csv:users.csv#extension}',
        ),
      ),
    range: fields
      .userRange()
      .optional()
      .meta(help('Numbers from the first to the last, both included; leading zeros stay.', '1001-1099')),
    password: fields
      .credential('a password', QUOTED)
      .optional()
      .meta(
        help(
          'Password, of a range that of each. Printed nowhere; best kept out of this file. Absent: none is asked for.',
          '${env:PBX_PASSWORD}',
          '${csv:users.csv#secret}',
        ),
      ),
    authUser: fields
      .credential('a user name', QUOTED)
      .optional()
      .meta(help('User name of the digest authentication. Default: the user.', '${csv:users.csv#login}')),
    labels: z
      .record(z.string(), fields.line('a label', 64))
      .prefault({})
      .meta(
        help(
          'Free labels beside those of the endpoint: calls that these users place have figures of their own, in reports and by gates such as `mos{site=berlin}.p5 >= 3.6`; so have their registrations, and beside them what these users receive when they are called. A column of a CSV file may be empty: then that user has no such label.',
          { site: 'berlin', device: 'softphone' },
          { site: '${csv:users.csv#site}' },
        ),
      ),
  })
  .meta({ title: 'users' });

export const users = z
  .array(userEntry)
  .min(1, { error: 'expected at least one entry' })
  .meta(
    help(
      'Users of the PBX that is the target. They register there before the first call, refresh, and unregister at the end; calls are placed by them, and with `call.to: users` answered by them.',
    ),
  );

export const registration = z
  .strictObject({
    rate: fields.positiveRate().prefault('20/s').meta(help('New registrations per second (or minute).', '20/s')),
    expires: fields
      .durationFrom(10_000)
      .prefault('5m')
      .meta(help('How long a registration is asked to last; it is refreshed before.', '5m')),
  })
  .prefault({})
  .meta(help('How the users register.'));
