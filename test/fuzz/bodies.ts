import fc from 'fast-check';
import type { BodySchema } from './routes.js';
import { boolean, integer, json, placeholder, text } from './values.js';
import type { Kind } from './values.js';

/** Fields whose value is an id, and of what. */
const referring: Readonly<Record<string, Kind>> = {
  ...{ imageRef: 'image', flavorRef: 'flavor', uuid: 'network', port: 'port', network_id: 'network', host: 'host' },
  ...{ subnet_id: 'subnet', key_name: 'keypair', project_id: 'project', tenant: 'project', group: 'group' },
  ...{ 'binding:host_id': 'host', domain_id: 'domain', user_id: 'user' },
};

/** Values that these fields accept, so that requests come past the checks. */
const fine: Readonly<Record<string, unknown[]>> = {
  ...{
    name: ['fine', 'also fine'],
    cidr: ['10.9.0.0/24', 'fd00::/64'],
    ram: [64],
    vcpus: [1],
    disk: [1],
    min_count: [1, 2],
  },
  ...{
    max_count: [2, 3],
    type: ['SOFT', 'ssh', 'HARD'],
    policy: ['affinity'],
    state: ['active', 'error'],
    mtu: [1400],
  },
  ...{
    tags: [['a', 'b']],
    metadata: [{ role: 'web' }],
    op: ['add', 'replace', 'remove'],
    path: ['/name', '/tags', '/x'],
  },
  ...{
    gateway_ip: ['10.9.0.1', null],
    ip_address: ['10.8.0.77'],
    status: ['enabled', 'disabled'],
    password: ['a good one'],
  },
  ...{
    allocation_pools: [[{ start: '10.9.0.10', end: '10.9.0.20' }]],
    dns_nameservers: [['9.9.9.9']],
    at: ['2099-01-01T00:00:00Z'],
  },
  ...{ security_groups: [[{ name: 'default' }]], id: ['auto'], hostname: ['web'], description: ['what it is', ''] },
  ...{ block_migration: ['auto'], networks: ['auto', [{ uuid: placeholder('network') }]], methods: [['password']] },
};

/** A value that fits the schema, as a client would send it. */
function fitting(schema: BodySchema, field = ''): fc.Arbitrary<unknown> {
  const good = Object.hasOwn(fine, field) ? fine[field] : undefined;
  if (!good) return ofType(schema, field);
  return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: ofType(schema, field) });
}

function ofType(schema: BodySchema, field: string): fc.Arbitrary<unknown> {
  if (schema.oneOf) return fc.oneof(...schema.oneOf.map((one) => fitting(one)));
  if (schema.enum)
    return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...schema.enum) }, { weight: 1, arbitrary: text });
  const kind = Object.hasOwn(referring, field) ? referring[field] : undefined;
  const string = kind
    ? fc.oneof({ weight: 4, arbitrary: fc.constant(placeholder(kind)) }, { weight: 1, arbitrary: text })
    : text;
  switch (schema.type) {
    case 'string':
      return string;
    case 'number':
    case 'integer':
      return integer;
    case 'boolean':
      return boolean;
    case 'array':
      return fc.array(schema.items ? fitting(schema.items, field) : fc.oneof(json, networks), { maxLength: 3 });
    default:
      return schema.properties || schema.additionalProperties
        ? fittingObject(schema)
        : fc.oneof(json, string, networks);
  }
}

const networks = fc.constantFrom<unknown>(
  'auto',
  'none',
  [{ uuid: placeholder('network') }],
  [{ port: placeholder('port') }],
);

function fittingObject({ properties = {}, required = [], additionalProperties }: BodySchema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const present = required.includes(name) ? 90 : 1;
    const value = fitting(schema, name).map((one) => [[name, one]]);
    return fc.oneof({ weight: present, arbitrary: value }, { weight: 3, arbitrary: fc.constant([]) });
  });
  const more = additionalProperties
    ? fc.array(fc.tuple(text, fitting(additionalProperties)), { maxLength: 3 })
    : fc.constant([]);
  return fc.tuple(...fields, more).map((parts) => Object.fromEntries(parts.flat() as [string, unknown][]));
}

/** The body with one value replaced or one field added, somewhere in it. */
function bend(body: unknown, at: number[], value: unknown, key: string): unknown {
  const [first, ...rest] = at;
  if (first === undefined || typeof body !== 'object' || body === null) return value;
  const entries = Object.entries(body);
  const chosen = entries[first % (entries.length + 1)];
  if (!chosen) return Array.isArray(body) ? [...(body as unknown[]), value] : { ...body, [key]: value };
  const changed = entries.map(
    ([name, inner]) => [name, name === chosen[0] ? bend(inner, rest, value, key) : inner] as const,
  );
  return Array.isArray(body) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}

function nested(levels: number, bracket: '[' | '{"a":'): string {
  return `${bracket.repeat(levels)}1${(bracket === '[' ? ']' : '}').repeat(levels)}`;
}

/** Text that is no JSON, or too much of it. */
const raw: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    '[',
    'null',
    '"text"',
    '7',
    '{"a":1}}',
    '['.repeat(50_000),
    '{"__proto__":{"isAdmin":true}}',
  ),
  fc.constantFrom(nested(50_000, '['), nested(2_000, '{"a":'), nested(25, '['), `[${'1,'.repeat(20_000)}1]`),
  fc.constantFrom(`{"server":{"name":"${'x'.repeat(70_000)}"}}`, `{"a":${'9'.repeat(400)}}`, '{"a":1e999}', '\ufeff{}'),
  fc.string({ maxLength: 30 }),
);

/**
 * A body of a route: one that fits its schema, one that is bent at one place, or no JSON at all. Undefined: the request
 * has no body.
 */
export function bodyOf(schema: BodySchema | null): fc.Arbitrary<string | undefined> {
  if (!schema) return fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: raw });
  const good = fitting(schema);
  const path = fc.array(fc.nat({ max: 30 }), { maxLength: 4 });
  const bent = fc.tuple(good, path, json, text).map(([body, at, value, key]) => bend(body, at, value, key));
  return fc.oneof(
    { weight: 9, arbitrary: good.map((body) => JSON.stringify(body)) },
    { weight: 6, arbitrary: bent.map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: json.map((body) => JSON.stringify(body)) },
  );
}
