import fc from 'fast-check';

/** Kinds of things that requests name; each is replaced by an id when the request is sent. */
export const kinds = [
  ...['server', 'flavor', 'image', 'network', 'subnet', 'port', 'keypair', 'group', 'host', 'hostId', 'project'],
  ...['user', 'role', 'domain', 'migration', 'operation', 'token', 'securityGroup'],
] as const;

export type Kind = (typeof kinds)[number];

/** For example `{server}`. */
export const placeholder = (kind: Kind): string => `{${kind}}`;

const patterns = [
  'a{256}',
  '\\1',
  '(?<x>a)',
  '\\p{L}',
  '[\\w-a]',
  '(',
  '*',
  '(a+)+$',
  '(x{1,200}){1,200}',
  '^bl',
  '[[:alpha:]]',
];
const times = [
  ...['2026-01-01T00:00:00Z', '2026-01-01', '2026-13-45T99:99:99Z', '0000-00-00T00:00:00Z', '+275760-09-13T00:00:01Z'],
  ...['-271821-04-20T00:00:00Z', '2026-02-30T10:00:00+25:00', '9999-12-31T23:59:59.999999999Z', 'gt:2026-01-01', 'now'],
];
const numbers = [
  '0',
  '-1',
  '1',
  '+1',
  '1e3',
  '0x10',
  '2147483648',
  '99999999999',
  '9'.repeat(40),
  '1.5',
  'NaN',
  ' 7',
  '١',
];
const words = [
  ...['true', 'True', 'False', 'yes', 'null', 'None', 'undefined', 'all', 'none', 'auto', 'ACTIVE', 'RUNING', 'admin'],
  ...['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'public', 'raw', 'in:a,"b,c"', 'in:"'],
];
const addresses = [
  ...[
    '10.0.0.0/24',
    '10.0.0.0/33',
    '::/0',
    '255.255.255.255',
    '10.0.0.5',
    'fe80::1',
    'fa:16:3e:00:00:01',
    '::ffff:1.2.3.4',
  ],
  ...['ff:ff:ff:ff:ff:ff', '0.0.0.0', 'ip_address=10', 'ip_address_substr=%', 'subnet_id='],
];
const texts = [
  ...[
    '',
    ' ',
    '\t',
    'a\0b',
    '\0',
    '\ud800',
    'a\udfff',
    '\u2028',
    'two\nlines',
    '\u0007',
    'wéb 🚀',
    '%',
    '%00',
    '../..',
    '\\',
  ],
  ...["'; DROP TABLE x; --", '"', '{}', '[]', 'a,b', 'a/b', 'x'.repeat(256), 'é'.repeat(256), 'x'.repeat(3_000)],
  ...['00000000-0000-4000-8000-000000000000', '00000000-0000-4000-8000-00000000000G', 'default'],
];

export const named: fc.Arbitrary<string> = fc.constantFrom(...kinds).map(placeholder);

/** Text that a client might send, and text that none should. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...texts, ...words, ...numbers) },
  { weight: 1, arbitrary: fc.constantFrom(...patterns, ...times, ...addresses) },
  { weight: 2, arbitrary: named },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

const number: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -1, 1, 2, 64, -0, 0.5, 1e21, 1e308, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 2 ** 63),
  fc.integer({ min: 0, max: 100 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const key: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('id', 'name', 'constructor', 'prototype', '__proto__', 'toString', 'a\0', '', 'x'.repeat(300)),
  fc.string({ maxLength: 10 }),
);

/** Any small JSON. */
export const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    // Object.fromEntries makes __proto__ an own field.
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

export const integer: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  number,
  fc.constantFrom(...numbers),
);

export const boolean: fc.Arbitrary<unknown> = fc.oneof(fc.boolean(), fc.constantFrom('True', 'false', 1, 0, 'perhaps'));
