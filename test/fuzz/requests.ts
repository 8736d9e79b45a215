import fc from 'fast-check';
import { bodyOf } from './bodies.js';
import { query } from './queries.js';
import type { Route } from './routes.js';
import { placeholder, text } from './values.js';
import type { Kind } from './values.js';

/** A request before it is sent, with `{server}` and the like in place of ids. */
export interface FuzzRequest {
  method: string;
  route: string;
  path: string;
  as: 'admin' | 'member' | 'nobody' | 'stranger';
  headers: Record<string, string>;
  body?: string;
}

const versions = [
  'compute 2.1',
  'compute 2.37',
  'compute 2.53',
  'compute 2.75',
  'compute latest',
  'compute 2.999',
  'x',
  ',',
];
const types = [
  ...[
    'text/plain',
    'application/xml',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
    '',
    'application/json;x',
  ],
  ...['application/json; charset=utf-7', 'application/octet-stream', 'application/openstack-images-v2.1-json-patch'],
];

/** What a path's parameters name, by their own name and the collection before them. */
const meaning: readonly [RegExp, Kind][] = [
  [/servers\/$|instances\/$/, 'server'],
  [/flavors\/$/, 'flavor'],
  [/images\/$/, 'image'],
  [/networks\/$/, 'network'],
  [/subnets\/$/, 'subnet'],
  [/ports\/$|os-interface\/$/, 'port'],
  [/os-keypairs\/$/, 'keypair'],
  [/os-server-groups\/$/, 'group'],
  [/hosts\/$|os-hypervisors\/$|os-services\/$/, 'host'],
  [/projects\/$|os-quota-sets\/$|quotas\/$/, 'project'],
  [/domains\/$/, 'domain'],
  [/users\/$/, 'user'],
  [/roles\/$/, 'role'],
  [/migrations\/$/, 'migration'],
  [/operations\/$/, 'operation'],
  [/security-groups\/$/, 'securityGroup'],
];

/** Percent-encodes; half a surrogate pair as the three bytes that an encoder would write for it. */
export function encode(value: string): string {
  const parts = Array.from(value, (character) =>
    character.isWellFormed() ? encodeURIComponent(character) : '%ED%A0%80',
  );
  return parts.join('').replace(/%7B(\w+)%7D/g, '{$1}');
}

const anySegment = fc.oneof(
  { weight: 4, arbitrary: text.map(encode) },
  { weight: 1, arbitrary: fc.constantFrom('%ff', '%', '%00', '%ED%A0%80') },
);

function pathOf(template: string): fc.Arbitrary<string> {
  const parts = template.split(/\{\w+\}/);
  const segments = parts.slice(0, -1).map((before) => {
    const kind = meaning.find(([pattern]) => pattern.test(before))?.[1];
    return kind
      ? fc.oneof({ weight: 8, arbitrary: fc.constant(placeholder(kind)) }, { weight: 1, arbitrary: anySegment })
      : anySegment;
  });
  return fc.tuple(...segments).map((values) => parts.map((part, n) => part + (values[n] ?? '')).join(''));
}

const headers: fc.Arbitrary<Record<string, string>> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('compute 2.90') },
      { weight: 2, arbitrary: fc.constantFrom(...versions) },
    ),
    fc.oneof(
      { weight: 15, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom(...types) },
    ),
    fc.constantFrom('', '', '', 'bytes=0-1', 'bytes=-', 'bytes=99-', 'x'),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('{token}', 'x', 'é'.repeat(90)) },
    ),
  )
  .map(([version, type, range, subject]) => ({
    'OpenStack-API-Version': version,
    'Content-Type': type,
    ...(range && { Range: range }),
    ...(subject && { 'X-Subject-Token': subject }),
  }));

const callers = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<FuzzRequest['as']>('admin', 'admin', 'member') },
  { weight: 1, arbitrary: fc.constantFrom<FuzzRequest['as']>('nobody', 'stranger') },
);

/** Requests to one of these routes. */
export function requestTo(routes: readonly Route[]): fc.Arbitrary<FuzzRequest> {
  return fc.constantFrom(...routes).chain(({ method, path: template, body: schema }) =>
    fc.tuple(pathOf(template), query, headers, bodyOf(schema), callers).map(([path, fields, head, body, as]) => {
      const search = fields.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
      const patch = method === 'PATCH' && template.startsWith('/image');
      const type = 'application/openstack-images-v2.1-json-patch';
      return {
        method,
        route: `${method} ${template}`,
        path: search ? `${path}?${search}` : path,
        as,
        headers: patch && head['Content-Type'] === 'application/json' ? { ...head, 'Content-Type': type } : head,
        ...(body !== undefined && { body }),
      };
    }),
  );
}
