import { Operation } from '#libs/operations/operation.entity';
import type { Fixtures } from './fixtures.js';

export interface RouteCall {
  params?: Record<string, string>;
  query?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Makes the call of a route on a thing of the member's. */
type Make = (ground: Fixtures) => RouteCall | Promise<RouteCall>;

const onServer =
  (more: RouteCall = {}): Make =>
  async (ground) => ({ ...more, params: { id: await ground.server(), ...more.params } });

const servers = '/compute/v2.1/servers/{id}';
const metadata = { metadata: { k: 'v' } };
/** On a server that is in no state to be moved: only who may ask is tested. */
const action = (name: string, argument: unknown): [string, Make] => [
  `POST ${servers}/action ${name}`,
  onServer({ body: { [name]: argument } }),
];

const compute: Record<string, Make> = {
  'POST /compute/v2.1/servers': (ground) => ({
    body: { server: { name: 'web', imageRef: ground.tenant.imageId, flavorRef: 'tiny', networks: 'none' } },
  }),
  [`GET ${servers}`]: onServer(),
  [`PUT ${servers}`]: onServer({ body: { server: { name: 'other' } } }),
  [`DELETE ${servers}`]: onServer(),
  [`GET ${servers}/ips`]: onServer(),
  [`GET ${servers}/ips/{network}`]: onServer({ params: { network: 'net' } }),
  [`GET ${servers}/os-interface`]: onServer(),
  [`GET ${servers}/os-interface/{port}`]: async (ground) => {
    const id = await ground.server();
    const { token } = ground.member;
    const { interfaceAttachments } = await ground.world.must('GET', `/compute/v2.1/servers/${id}/os-interface`, {
      token,
    });
    return { params: { id, port: String((interfaceAttachments as unknown as { port_id: string }[])[0]!.port_id) } };
  },
  [`GET ${servers}/metadata`]: onServer(),
  [`POST ${servers}/metadata`]: onServer({ body: metadata }),
  [`PUT ${servers}/metadata`]: onServer({ body: metadata }),
  [`GET ${servers}/metadata/{key}`]: onServerWith('metadata', metadata, { key: 'k' }),
  [`PUT ${servers}/metadata/{key}`]: onServer({ params: { key: 'k' }, body: { meta: { k: 'v' } } }),
  [`DELETE ${servers}/metadata/{key}`]: onServerWith('metadata', metadata, { key: 'k' }),
  [`GET ${servers}/os-server-password`]: onServer(),
  [`DELETE ${servers}/os-server-password`]: onServer(),
  [`GET ${servers}/tags`]: onServer(),
  [`PUT ${servers}/tags`]: onServer({ body: { tags: ['a'] } }),
  [`DELETE ${servers}/tags`]: onServer(),
  [`GET ${servers}/tags/{tag}`]: onServerWith('tags', { tags: ['a'] }, { tag: 'a' }),
  [`PUT ${servers}/tags/{tag}`]: onServer({ params: { tag: 'a' } }),
  [`DELETE ${servers}/tags/{tag}`]: onServerWith('tags', { tags: ['a'] }, { tag: 'a' }),
  [`GET ${servers}/migrations`]: onServer(),
  [`GET ${servers}/migrations/{migration}`]: onServer({ params: { migration: '1' } }),
  [`DELETE ${servers}/migrations/{migration}`]: onServer({ params: { migration: '1' } }),
  [`POST ${servers}/migrations/{migration}/action`]: onServer({
    params: { migration: '1' },
    body: { force_complete: null },
  }),
  [`GET ${servers}/os-instance-actions`]: onServer(),
  [`GET ${servers}/os-instance-actions/{requestId}`]: async (ground) => {
    const id = await ground.server();
    const { requestId } = await ground.world.database.manager.findOneByOrFail(Operation, { resourceId: id });
    return { params: { id, requestId } };
  },
  ...Object.fromEntries([
    action('os-start', null),
    action('os-stop', null),
    action('pause', null),
    action('unpause', null),
    action('reboot', { type: 'HARD' }),
    action('resize', { flavorRef: 'nothing' }),
    action('confirmResize', null),
    action('revertResize', null),
    action('migrate', { host: 'nowhere' }),
    action('os-migrateLive', { host: 'nowhere', block_migration: 'auto' }),
    action('evacuate', {}),
    action('os-getConsoleOutput', {}),
    action('os-resetState', { state: 'active' }),
    action('forceDelete', null),
  ]),
  [`GET ${servers}/os-security-groups`]: onServer(),
  [`POST ${servers}/action addSecurityGroup`]: onServer({ body: { addSecurityGroup: { name: 'default' } } }),
  [`POST ${servers}/action removeSecurityGroup`]: onServer({ body: { removeSecurityGroup: { name: 'default' } } }),
  [`POST ${servers}/action rebuild`]: async (ground) => ({
    params: { id: await ground.server() },
    body: { rebuild: { imageRef: ground.tenant.imageId } },
  }),
  [`POST ${servers}/action`]: onServer({ body: { dance: null } }),
  'POST /compute/v2.1/flavors': (ground) => ({ body: { flavor: { name: ground.name(), ram: 1, vcpus: 1, disk: 1 } } }),
  'GET /compute/v2.1/flavors/{id}': async (ground) => ({ params: { id: await ground.flavor() } }),
  'PUT /compute/v2.1/flavors/{id}': async (ground) => ({
    params: { id: await ground.flavor() },
    body: { flavor: { description: 'd' } },
  }),
  'DELETE /compute/v2.1/flavors/{id}': async (ground) => ({ params: { id: await ground.flavor() } }),
  'POST /compute/v2.1/flavors/{id}/action': async (ground) => ({
    params: { id: await ground.flavor() },
    body: { addTenantAccess: { tenant: ground.stranger.projectId } },
  }),
  'GET /compute/v2.1/flavors/{id}/os-flavor-access': async (ground) => ({ params: { id: await ground.flavor() } }),
  'GET /compute/v2.1/flavors/{id}/os-extra_specs': () => ({ params: { id: 'tiny' } }),
  'POST /compute/v2.1/flavors/{id}/os-extra_specs': () => ({
    params: { id: 'tiny' },
    body: { extra_specs: { k: 'v' } },
  }),
  'GET /compute/v2.1/flavors/{id}/os-extra_specs/{key}': async (ground) => ({
    params: { id: await ground.flavorWithSpec(), key: 'k' },
  }),
  'PUT /compute/v2.1/flavors/{id}/os-extra_specs/{key}': () => ({ params: { id: 'tiny', key: 'k' }, body: { k: 'v' } }),
  'DELETE /compute/v2.1/flavors/{id}/os-extra_specs/{key}': async (ground) => ({
    params: { id: await ground.flavorWithSpec(), key: 'k' },
  }),
  'POST /compute/v2.1/os-keypairs': (ground) => ({ body: { keypair: { name: ground.name() } } }),
  'GET /compute/v2.1/os-keypairs': (ground) => ({ query: `?user_id=${ground.member.userId}` }),
  'GET /compute/v2.1/os-keypairs/{name}': async (ground) => ({
    params: { name: await ground.keyPair() },
    query: `?user_id=${ground.member.userId}`,
  }),
  'DELETE /compute/v2.1/os-keypairs/{name}': async (ground) => ({
    params: { name: await ground.keyPair() },
    query: `?user_id=${ground.member.userId}`,
  }),
  'POST /compute/v2.1/os-server-groups': (ground) => ({
    body: { server_group: { name: ground.name(), policy: 'affinity' } },
  }),
  'GET /compute/v2.1/os-server-groups/{id}': async (ground) => ({ params: { id: await ground.serverGroup() } }),
  'DELETE /compute/v2.1/os-server-groups/{id}': async (ground) => ({ params: { id: await ground.serverGroup() } }),
  'PUT /compute/v2.1/os-quota-sets/{project}': () => ({ body: { quota_set: { instances: -1 } } }),
  'DELETE /compute/v2.1/os-quota-sets/{project}': async (ground) => ({ params: { project: await ground.project() } }),
  'GET /compute/v2.1/os-hypervisors/{id}': () => ({ params: { id: 'h1' } }),
  'GET /compute/v2.1/os-hypervisors/{id}/uptime': () => ({ params: { id: 'h1' } }),
  'PUT /compute/v2.1/os-services/{id}': () => ({ params: { id: 'h2' }, body: { status: 'enabled' } }),
};

function onServerWith(part: string, body: object, params: Record<string, string>): Make {
  return async (ground) => {
    const id = await ground.server();
    await ground.world.must('PUT', `/compute/v2.1/servers/${id}/${part}`, { token: ground.member.token, body });
    return { params: { id, ...params } };
  };
}

const patch = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

const others: Record<string, Make> = {
  'POST /image/v2/images': (ground) => ({ body: { name: ground.name() } }),
  'PATCH /image/v2/images/{id}': async (ground) => ({
    params: { id: await ground.image() },
    headers: patch,
    body: [{ op: 'replace', path: '/name', value: 'n' }],
  }),
  'PUT /image/v2/images/{id}/file': async (ground) => ({
    params: { id: await ground.image('queued') },
    headers: { 'content-type': 'application/octet-stream' },
    body: 'data',
  }),
  'POST /networking/v2.0/networks': (ground) => ({ body: { network: { name: ground.name() } } }),
  'PUT /networking/v2.0/networks/{id}': async (ground) => ({
    params: { id: await ground.network() },
    body: { network: { name: 'n' } },
  }),
  'POST /networking/v2.0/subnets': async (ground) => ({
    body: { subnet: { network_id: await ground.network(), cidr: '10.6.0.0/24' } },
  }),
  'PUT /networking/v2.0/subnets/{id}': async (ground) => ({
    params: { id: await ground.subnet() },
    body: { subnet: { name: 'n' } },
  }),
  'POST /networking/v2.0/ports': (ground) => ({ body: { port: { network_id: ground.tenant.networkId } } }),
  'PUT /networking/v2.0/ports/{id}': async (ground) => ({
    params: { id: await ground.port() },
    body: { port: { name: 'n' } },
  }),
  'POST /networking/v2.0/routers': (ground) => ({ body: { router: { name: ground.name() } } }),
  'PUT /networking/v2.0/routers/{id}': async (ground) => ({
    params: { id: await ground.router() },
    body: { router: { name: 'n' } },
  }),
  'PUT /networking/v2.0/routers/{id}/add_router_interface': async (ground) => ({
    params: { id: await ground.router() },
    body: { subnet_id: await ground.subnet() },
  }),
  'PUT /networking/v2.0/routers/{id}/remove_router_interface': async (ground) => {
    const subnetId = await ground.subnet();
    return { params: { id: await ground.router(subnetId) }, body: { subnet_id: subnetId } };
  },
  'PUT /networking/v2.0/routers/{id}/add_extraroutes': async (ground) => ({
    params: { id: await ground.router() },
    body: { router: { routes: [] } },
  }),
  'PUT /networking/v2.0/routers/{id}/remove_extraroutes': async (ground) => ({
    params: { id: await ground.router() },
    body: { router: { routes: [] } },
  }),
  'GET /networking/v2.0/agents/{id}': async (ground) => ({ params: { id: await ground.agent() } }),
  'POST /networking/v2.0/rbac-policies': async (ground) => ({ body: { rbac_policy: await ground.sharing() } }),
  'PUT /networking/v2.0/rbac-policies/{id}': async (ground) => ({
    params: { id: await ground.rbacPolicy() },
    body: { rbac_policy: { target_tenant: ground.name() } },
  }),
  'GET /networking/v2.0/rbac-policies/{id}': async (ground) => ({ params: { id: await ground.rbacPolicy() } }),
  'DELETE /networking/v2.0/rbac-policies/{id}': async (ground) => ({ params: { id: await ground.rbacPolicy() } }),
  'POST /networking/v2.0/subnetpools': () => ({ body: { subnetpool: { prefixes: ['10.6.0.0/16'] } } }),
  'GET /networking/v2.0/subnetpools/{id}': async (ground) => ({ params: { id: await ground.subnetPool() } }),
  'DELETE /networking/v2.0/subnetpools/{id}': async (ground) => ({ params: { id: await ground.subnetPool() } }),
  'PUT /networking/v2.0/subnetpools/{id}': async (ground) => ({
    params: { id: await ground.subnetPool() },
    body: { subnetpool: { name: 'n' } },
  }),
  ...ofTags('subnetpools', (ground) => ground.subnetPool()),
  ...ofTags('networks', (ground) => ground.network()),
  ...ofTags('subnets', (ground) => ground.subnet()),
  ...ofTags('ports', (ground) => ground.port()),
  ...ofTags('routers', (ground) => ground.router()),
  'POST /networking/v2.0/security-groups': () => ({ body: { security_group: { name: 'n' } } }),
  'PUT /networking/v2.0/security-groups/{id}': async (ground) => ({
    params: { id: await ground.group() },
    body: { security_group: { name: 'n' } },
  }),
  'DELETE /networking/v2.0/security-groups/{id}': async (ground) => ({ params: { id: await ground.group() } }),
  'POST /networking/v2.0/security-group-rules': async (ground) => ({
    body: { security_group_rule: { direction: 'ingress', security_group_id: await ground.group() } },
  }),
  'GET /networking/v2.0/security-group-rules/{id}': async (ground) => ({ params: { id: await ground.groupRule() } }),
  'DELETE /networking/v2.0/security-group-rules/{id}': async (ground) => ({ params: { id: await ground.groupRule() } }),
  'POST /fleet/v1/hosts/{host}/drain': () => ({ params: { host: 'nowhere' }, body: {} }),
  'POST /fleet/v1/hosts/{host}/drain/resume': () => ({ params: { host: 'h2' } }),
  'POST /fleet/v1/hosts/{host}/revoke': () => ({ params: { host: 'h2' } }),
  'DELETE /fleet/v1/hosts/{host}/drain': () => ({ params: { host: 'h2' } }),
  'GET /fleet/v1/hosts/{host}/drain': () => ({ params: { host: 'h2' } }),
  'GET /fleet/v1/instances/{id}/mobility': onServer(),
  'GET /fleet/v1/instances/{id}/explain': onServer(),
  'GET /fleet/v1/instances/{id}/live-migration': onServer(),
  'POST /fleet/v1/instances/{id}/live-migration': onServer({ body: { host: 'nowhere' } }),
  'GET /fleet/v1/migrations/{id}': () => ({ params: { id: '11111111-2222-4333-8444-555555555555' } }),
  'GET /fleet/v1/operations/{id}': async (ground) => {
    const { id } = await ground.world.database.manager.findOneByOrFail(Operation, {
      resourceId: await ground.server(),
    });
    return { params: { id } };
  },
  'POST /fleet/v1/rebalance-plans': () => ({ body: {} }),
  'POST /fleet/v1/rebalance-plans/{id}/schedule': async (ground) => ({
    params: { id: await ground.rebalancePlan() },
    body: { at: '2099-01-01T00:00:00Z' },
  }),
};

/** Calls about the tags of a network resource, which has the tag `a`. */
function ofTags(noun: string, make: (ground: Fixtures) => Promise<string>): Record<string, Make> {
  const path = `/networking/v2.0/${noun}/{id}/tags`;
  const tagged =
    (body?: object): Make =>
    async (ground) => {
      const id = await make(ground);
      const tags = `/networking/v2.0/${noun}/${id}/tags`;
      await ground.world.must('PUT', tags, { token: ground.member.token, body: { tags: ['a'] } });
      return { params: { id, tag: 'a' }, body };
    };
  const calls = ['GET', 'DELETE'].flatMap((method) => [`${method} ${path}`, `${method} ${path}/{tag}`]);
  return {
    ...Object.fromEntries([...calls, `PUT ${path}/{tag}`].map((route) => [route, tagged()])),
    ...Object.fromEntries(['PUT', 'POST'].map((method) => [`${method} ${path}`, tagged({ tags: ['b'] })])),
  };
}

const identity: Record<string, Make> = {
  'GET /identity/v3/auth/tokens': (ground) => ({ headers: { 'x-subject-token': ground.member.token } }),
  'DELETE /identity/v3/auth/tokens': async (ground) => ({ headers: { 'x-subject-token': await ground.spareToken() } }),
  'POST /identity/v3/projects': (ground) => ({ body: { project: { name: ground.name(), domain_id: 'default' } } }),
  'POST /identity/v3/projects (of the domain)': (ground) => ({
    body: { project: { name: ground.name(), domain_id: ground.domainId } },
  }),
  'PATCH /identity/v3/projects/{id}': async (ground) => ({
    params: { id: await ground.project() },
    body: { project: { description: 'd' } },
  }),
  'DELETE /identity/v3/projects/{id}': async (ground) => ({ params: { id: await ground.project() } }),
  'GET /identity/v3/projects/{id}': (ground) => ({ params: { id: ground.member.projectId } }),
  'POST /identity/v3/domains': (ground) => ({ body: { domain: { name: ground.name() } } }),
  'GET /identity/v3/domains/{id}': async (ground) => ({ params: { id: await ground.domain() } }),
  'GET /identity/v3/domains/{id} (of the domain)': (ground) => ({ params: { id: ground.domainId } }),
  'PATCH /identity/v3/domains/{id}': (ground) => ({
    params: { id: ground.domainId },
    body: { domain: { description: 'd' } },
  }),
  'DELETE /identity/v3/domains/{id}': async (ground) => ({ params: { id: await ground.domain() } }),
  'POST /identity/v3/users': (ground) => ({ body: { user: { name: ground.name(), domain_id: 'default' } } }),
  'POST /identity/v3/users (of the domain)': (ground) => ({
    body: { user: { name: ground.name(), domain_id: ground.domainId } },
  }),
  'PATCH /identity/v3/users/{id}': async (ground) => ({
    params: { id: await ground.user() },
    body: { user: { description: 'd' } },
  }),
  'POST /identity/v3/users/{id}/password': async (ground) => ({
    params: { id: await ground.user() },
    body: { user: { original_password: 'wrong', password: 'another one' } },
  }),
  'DELETE /identity/v3/users/{id}': async (ground) => ({ params: { id: await ground.user() } }),
  'POST /identity/v3/roles': (ground) => ({ body: { role: { name: ground.name() } } }),
  ...ofDomain('GET /identity/v3/projects/{id}', 'project'),
  ...ofDomain('PATCH /identity/v3/projects/{id}', 'project', { project: { description: 'd' } }),
  ...ofDomain('DELETE /identity/v3/projects/{id}', 'project'),
  ...ofDomain('GET /identity/v3/users/{id}', 'user'),
  ...ofDomain('PATCH /identity/v3/users/{id}', 'user', { user: { description: 'd' } }),
  ...ofDomain('DELETE /identity/v3/users/{id}', 'user'),
  ...grants('projects', (ground) => ground.member.projectId),
  ...grants('domains', (ground) => ground.domainId),
  ...grants('system', () => ''),
  'PUT /identity/v3/projects/{target}/users/{user}/roles/{role} (member, of the domain)': ofDomainGrant('member'),
  'PUT /identity/v3/projects/{target}/users/{user}/roles/{role} (admin, of the domain)': ofDomainGrant('admin'),
};

function ofDomain(route: string, kind: 'project' | 'user', body?: object): Record<string, Make> {
  return {
    [`${route} (of the domain)`]: async (ground) => ({ params: { id: await ground[kind](ground.domainId) }, body }),
  };
}

function ofDomainGrant(role: 'admin' | 'member'): Make {
  return async (ground) => ({
    params: {
      target: await ground.project(ground.domainId),
      user: await ground.user(ground.domainId),
      role: ground.roleIds[role],
    },
  });
}

/** Calls about the role `member`, which the user has where the call looks for it or removes it. */
function grants(kind: 'projects' | 'domains' | 'system', targetOf: (ground: Fixtures) => string): Record<string, Make> {
  const base = kind === 'system' ? '/identity/v3/system' : `/identity/v3/${kind}/{target}`;
  const make =
    (present: boolean): Make =>
    async (ground) => {
      const [target, user] = [targetOf(ground), await ground.user()];
      const where = kind === 'system' ? 'system' : `${kind}/${target}`;
      if (present) await ground.world.grant(ground.tokens.admin, 'member', user, where);
      return { params: { target, user, role: ground.roleIds.member } };
    };
  return {
    [`GET ${base}/users/{user}/roles`]: make(true),
    [`GET ${base}/users/{user}/roles/{role}`]: make(true),
    [`PUT ${base}/users/{user}/roles/{role}`]: make(false),
    [`DELETE ${base}/users/{user}/roles/{role}`]: make(true),
  };
}

const known: Record<string, Make> = { ...compute, ...others, ...identity };

/** Calls besides those of the document: actions of servers, and things of the domain admin's own domain. */
export const variants = Object.keys(known).filter((route) => route.split(' ').length > 2);

/** What replaces a path's parameters where a route says nothing else. */
const things: [RegExp, Make][] = [
  [
    /^\/networking\/v2\.0\/(networks|network-ip-availabilities)\//,
    async (ground) => ({ params: { id: await ground.network() } }),
  ],
  [/^\/networking\/v2\.0\/subnets\//, async (ground) => ({ params: { id: await ground.subnet() } })],
  [/^\/networking\/v2\.0\/ports\//, async (ground) => ({ params: { id: await ground.port() } })],
  [/^\/networking\/v2\.0\/routers\//, async (ground) => ({ params: { id: await ground.router() } })],
  [/^\/networking\/v2\.0\/security-groups\//, async (ground) => ({ params: { id: await ground.defaultGroup() } })],
  [/^\/image\/v2\/images\//, async (ground) => ({ params: { id: await ground.image(), tag: 't' } })],
  [/^\/identity\/v3\/users\//, (ground) => ({ params: { id: ground.member.userId } })],
  [/^\/identity\/v3\/roles\//, async (ground) => ({ params: { id: await ground.role() } })],
  [/^\/fleet\/v1\/rebalance-plans\//, async (ground) => ({ params: { id: await ground.rebalancePlan() } })],
];

/** `route`: method and path of the document; a variant follows after a space. */
export async function callOf(ground: Fixtures, route: string): Promise<RouteCall> {
  const [, path = ''] = route.split(' ');
  const make = known[route] ?? things.find(([prefix]) => prefix.test(path))?.[1];
  const { params, ...call } = make ? await make(ground) : {};
  const usual = { project: ground.member.projectId, host: 'h1', pattern: 'h1', id: 'identity', alias: 'none' };
  return { ...call, params: { ...usual, ...params } };
}
