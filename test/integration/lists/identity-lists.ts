import type { Field, List, Things } from './list-table.js';

const KEYSTONE = { ignored: 'Keystone takes what it knows of the query (build_driver_hints)' };

/** Keystone: comparators of keystone/server/flask/common.py. */
const partsOf = (field: string, [begin, middle, end]: readonly [string, string, string]): Field[] => [
  [`${field}__contains`, middle, 'zzz'],
  [`${field}__icontains`, middle.toUpperCase(), 'ZZZ'],
  [`${field}__startswith`, begin, 'zzz'],
  [`${field}__istartswith`, begin.toUpperCase(), 'zzz'],
  [`${field}__endswith`, end, 'zzz'],
  [`${field}__iendswith`, end.toUpperCase(), 'zzz'],
  [`${field}__like`, null, null, 'x'],
];

const named: Field[] = [
  ['enabled', 'True', '0', 'perhaps'],
  ['enabled', '', 'false'],
];

/** Keystone: the index_request_query of each schema.py, and the filters of keystone/api. */
export const identityLists = (things: Things): List[] => [
  {
    path: '/identity/v3/projects',
    key: 'projects',
    thing: things.projectId,
    fields: [
      ...named,
      ['id', things.projectId, 'x'],
      ['name', 'mine', 'yours'],
      ...partsOf('name', ['mi', 'in', 'ne']),
      ['domain_id', 'default', 'elsewhere'],
      ['parent_id', 'default', 'elsewhere'],
      ['is_domain', 'false', 'true', 'x'],
      ['tags', null, 'blue'],
      ['tags-any', null, 'blue,red'],
      ['not-tags', 'blue', null],
      ['not-tags-any', 'blue,red', null],
    ],
    unknown: KEYSTONE,
    pages: { stale: 404 },
  },
  {
    path: '/identity/v3/projects?is_domain=true',
    key: 'projects',
    thing: 'default',
    fields: [['name', 'Default', 'x']],
    unknown: KEYSTONE,
  },
  {
    path: '/identity/v3/domains',
    key: 'domains',
    thing: 'default',
    fields: [...named, ['id', 'default', 'x'], ['name', 'Default', 'x'], ...partsOf('name', ['De', 'fau', 'lt'])],
    unknown: KEYSTONE,
    pages: { stale: 404 },
  },
  {
    path: '/identity/v3/users',
    key: 'users',
    thing: things.userId,
    fields: [
      ...named,
      ['id', things.userId, 'x'],
      ['name', 'mia', 'x'],
      ...partsOf('name', ['mi', 'ia', 'a']),
      ['domain_id', 'default', 'elsewhere'],
      ['default_project_id', things.projectId, 'x'],
      ['idp_id', null, 'okta'],
      ['protocol_id', null, 'saml2'],
      ['unique_id', null, 'x'],
      ['password_expires_at', null, 'lt:2101-01-01T00:00:00Z', 'soon'],
      ['password_expires_at', null, 'neq:2101-01-01T00:00:00Z', 'lt:soon'],
    ],
    unknown: KEYSTONE,
    pages: { stale: 404 },
  },
  {
    path: `/identity/v3/users/${things.userId}/projects`,
    key: 'projects',
    thing: things.projectId,
    fields: [...named, ['name', 'mine', 'x'], ...partsOf('name', ['mi', 'in', 'ne']), ['domain_id', 'default', 'x']],
    unknown: KEYSTONE,
  },
  {
    path: '/identity/v3/roles',
    key: 'roles',
    thing: things.roleId,
    fields: [['name', 'member', 'x'], ...partsOf('name', ['me', 'emb', 'er']), ['domain_id', null, 'default']],
    unknown: KEYSTONE,
    pages: { stale: 404 },
  },
  {
    path: '/identity/v3/role_assignments',
    key: 'role_assignments',
    thing: things.userId,
    shown: 'user.id',
    fields: [
      ['user.id', things.userId, 'x'],
      ['role.id', things.roleId, 'x'],
      ['scope.project.id', things.projectId, 'x'],
      ['scope.domain.id', null, 'default'],
      ['scope.system', null, 'all', 'some'],
      ['group.id', null, 'x'],
      ['scope.OS-INHERIT:inherited_to', 'nothing', 'projects'],
      ['effective', '', null],
      ['include_subtree', '0', null, ''],
    ],
    shows: ['include_names'],
    unknown: KEYSTONE,
  },
  {
    path: '/identity/v3/services',
    key: 'services',
    thing: 'compute',
    fields: [
      ['type', 'compute', 'identity'],
      ['name', 'nova', 'keystone'],
      ...partsOf('type', ['co', 'put', 'te']),
      ['enabled', '1', '0'],
    ],
    unknown: KEYSTONE,
  },
  {
    path: '/identity/v3/endpoints',
    key: 'endpoints',
    thing: 'compute-public',
    fields: [
      ['interface', 'public', 'admin', 'private'],
      ['service_id', 'compute', 'identity'],
      ['region_id', 'RegionOne', 'elsewhere'],
      ['region', 'RegionOne', 'elsewhere'],
    ],
    unknown: KEYSTONE,
  },
  {
    path: '/identity/v3/regions',
    key: 'regions',
    thing: 'RegionOne',
    fields: [['parent_region_id', null, 'earth']],
    unknown: 'refused',
  },
  ...[`/identity/v3/projects/${things.projectId}/users/${things.userId}/roles`].map((path) => ({
    path,
    key: 'roles',
    thing: things.roleId,
    fields: [],
    unknown: { ignored: 'Keystone looks at no field of a list of grants' },
  })),
  ...['projects', 'domains'].map((kind) => ({
    path: `/identity/v3/auth/${kind}`,
    key: kind,
    thing: kind === 'projects' ? things.projectId : '',
    by: 'member' as const,
    fields: [],
    unknown: { ignored: 'Keystone looks at no field of what the token may be scoped to' },
  })),
];
