import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiWorld } from '../policy/api-world.js';
import type { Fixtures } from '../policy/fixtures.js';
import { computeLists } from './compute-lists.js';
import { fleetLists } from './fleet-lists.js';
import { identityLists } from './identity-lists.js';
import { imageLists } from './image-lists.js';
import { NOWHERE } from './list-table.js';
import type { List } from './list-table.js';
import { networkLists } from './network-lists.js';
import { makeThings } from './things.js';

let world: ApiWorld;
let ground: Fixtures;
let lists: List[];

before(async () => {
  world = await ApiWorld.start();
  const made = await makeThings(world);
  ground = made.ground;
  lists = [identityLists, networkLists, imageLists, computeLists, fleetLists].flatMap((of) => of(made.things));
});
after(() => world?.stop());

function ask({ path, by = 'admin' }: List, query: string, version = 90) {
  const url = query ? `${path}${path.includes('?') ? '&' : '?'}${query}` : path;
  return world.ask('GET', url, {
    token: ground.tokens[by],
    headers: { 'openstack-api-version': `compute 2.${version}` },
  });
}

const field = (name: string, value: string) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;

/** What `shown` of the items says, in their order. */
async function shownBy(list: List, query: string, shown = list.shown ?? 'id'): Promise<string[]> {
  const { status, body, text } = await ask(list, query);
  assert.equal(status, 200, `${list.path} ${query}: ${text}`);
  const items: unknown = body[list.key];
  assert.ok(Array.isArray(items), `${list.path}: ${text}`);
  const read = (item: unknown) =>
    (shown in Object(item) ? [shown] : shown.split('.')).reduce<unknown>(
      (value, part) => Object(value)[part] as unknown,
      item,
    );
  return items.map((item) => String(read(item)));
}

async function finds(list: List, query: string, expected: boolean): Promise<string | null> {
  const found = (await shownBy(list, query)).includes(list.thing);
  return found === expected ? null : `${list.path} ${query}: ${found ? 'found' : 'not found'}`;
}

async function refuses(list: List, query: string, name: string): Promise<string | null> {
  const { status, text } = await ask(list, query);
  return status === 400 && text.includes(name) ? null : `${list.path} ${query}: ${status} ${text}`;
}

const faults = async (work: Promise<string | null>[]) => (await Promise.all(work)).filter((one) => one !== null);

test('each field of the references narrows its list, or is refused by its name', async () => {
  for (const list of lists) {
    if (list.thing) assert.equal(await finds(list, '', true), null);
    const wrongs = await faults(
      list.fields.flatMap(([name, hit, miss, wrong]) => [
        ...(hit === null ? [] : [finds(list, field(name, hit), true)]),
        ...(miss === null ? [] : [finds(list, field(name, miss), false)]),
        ...(wrong === undefined ? [] : [refuses(list, field(name, wrong), name)]),
      ]),
    );
    assert.deepEqual(wrongs, []);
  }
});

test('a field of no reference is refused where the service does so, and ignored where the service does that', async () => {
  for (const list of lists) {
    const { unknown } = list;
    const statusAt = async (version: number) => (await ask(list, 'nmae=x', version)).status;
    if (unknown === 'refused') assert.equal(await refuses(list, 'nmae=x', 'nmae'), null);
    else if ('ignored' in unknown) assert.equal(await statusAt(90), 200, list.path);
    else
      assert.deepEqual(
        [await statusAt(unknown.refusedFrom), await statusAt(unknown.refusedFrom - 1)],
        [400, 200],
        list.path,
      );
  }
});

test('pages: the limit holds, the marker is the last item seen, and one of no item is answered as the service does', async () => {
  for (const list of lists) {
    if (!list.pages) continue;
    const { stale, marker = 'id' } = list.pages;
    const all = await shownBy(list, '', marker);
    assert.ok(all.length >= 1, list.path);
    assert.deepEqual(await shownBy(list, 'limit=1', marker), all.slice(0, 1), list.path);
    assert.deepEqual(await shownBy(list, field('marker', all[0]!), marker), all.slice(1), list.path);
    assert.deepEqual(await shownBy(list, field('marker', all.at(-1)!), marker), [], list.path);
    for (const none of [NOWHERE, 'nobody']) {
      const { status, text } = await ask(list, `marker=${none}`);
      assert.equal(status, stale, `${list.path} marker=${none}: ${text}`);
      assert.ok(text.includes(none), text);
    }
    for (const limit of ['-1', 'x']) assert.equal(await refuses(list, `limit=${limit}`, 'limit'), null);
  }
});

test('Neutron pages backwards, and shows the fields that are asked for', async () => {
  for (const list of lists.filter(({ path, pages }) => path.startsWith('/networking') && pages)) {
    const all = await shownBy(list, 'sort_key=id&sort_dir=asc', 'id');
    const last = all.at(-1)!;
    const before = await shownBy(list, `sort_key=id&sort_dir=asc&page_reverse=True&limit=1&marker=${last}`, 'id');
    assert.deepEqual(before, all.slice(0, -1).slice(-1), list.path);
    const turned = await shownBy(list, 'sort_key=id&sort_dir=desc', 'id');
    assert.deepEqual(turned, all.toReversed(), list.path);
    assert.equal(await refuses(list, 'sort_key=colour&sort_dir=asc', 'colour'), null);
    const { body } = await ask(list, 'fields=id');
    assert.deepEqual(Object.keys((body[list.key] as unknown as object[])[0]!), ['id'], list.path);
  }
});

test('a domain administrator is shown what is of the domain, and of that what is asked for', async () => {
  const token = ground.tokens['domain admin'];
  const ids = async (query: string) => {
    const { body, text } = await world.ask('GET', `/identity/v3/projects?${query}`, { token });
    assert.ok(Array.isArray(body.projects), text);
    return (body.projects as unknown as { id: string }[]).map(({ id }) => id);
  };
  const own = await ground.project(ground.domainId);
  assert.deepEqual(await ids(''), [own]);
  assert.deepEqual(await ids(`domain_id=${ground.domainId}`), [own]);
  assert.deepEqual(await ids('domain_id=default'), []);
});

/** GET routes whose answer is one thing, or all that there is of one thing: their references have no field that narrows. */
const noLists = new Set([
  ...['/healthz', '/identity', '/identity/v3', '/identity/v3/auth/tokens', '/identity/v3/auth/catalog', '/compute'],
  ...['/compute/v2.1', '/networking', '/networking/v2.0', '/image', '/image/v2', '/image/versions', '/metrics'],
  ...['/image/v2/schemas/image', '/image/v2/schemas/images', '/image/v2/info/import', '/image/v2/info/stores'],
  ...['/identity/v3/domains/{target}/users/{user}/roles', '/identity/v3/system/users/{user}/roles'],
  ...['/image/v2/images/{id}/file', '/networking/v2.0/quotas/{project}/default', '/compute/v2.1/limits'],
  ...['metadata', 'tags', 'ips', 'os-server-password'].map((part) => `/compute/v2.1/servers/{id}/${part}`),
  ...['networks', 'subnets', 'subnetpools', 'ports', 'routers'].map((noun) => `/networking/v2.0/${noun}/{id}/tags`),
  ...['os-extra_specs', 'os-flavor-access'].map((part) => `/compute/v2.1/flavors/{id}/${part}`),
  ...['statistics', '{id}/uptime', '{pattern}/search', '{pattern}/servers'].map(
    (part) => `/compute/v2.1/os-hypervisors/${part}`,
  ),
  ...['defaults', 'detail'].map((part) => `/compute/v2.1/os-quota-sets/{project}/${part}`),
  ...['/fleet/v1/audit', '/fleet/v1/hosts/{host}/fence', '/fleet/v1/hosts/{host}/desired-state'],
  ...['explain', 'live-migration'].map((part) => `/fleet/v1/instances/{id}/${part}`),
  // Their pages are tried where drains and mobility are.
  ...['/fleet/v1/hosts/{host}/drain', '/fleet/v1/instances/{id}/mobility'],
]);

test('what is no list but has a query looks at all of it', async () => {
  const status = async (path: string, by: 'admin' | 'member' = 'admin') =>
    (await world.ask('GET', path, { token: ground.tokens[by] })).status;
  const project = ground.member.projectId;
  assert.equal(await status(`/compute/v2.1/limits?tenant_id=${project}`), 200);
  assert.equal(await status(`/compute/v2.1/limits?tenant_id=${ground.stranger.projectId}`, 'member'), 403);
  assert.equal(await status('/compute/v2.1/limits?x=1'), 400);
  for (const path of [project, `${project}/detail`]) {
    assert.equal(await status(`/compute/v2.1/os-quota-sets/${path}?user_id=x`), 400);
    assert.equal(await status(`/compute/v2.1/os-quota-sets/${path}?x=1`), 400);
  }
});

test('every list of the OpenAPI document has a row', () => {
  const shape = (path: string) =>
    path
      .replace(/\?.*/, '')
      .replace(/\{[^}]+\}|[0-9a-f-]{32,36}/g, '*')
      .replace(/\/$/, '');
  const known = new Set(lists.map(({ path }) => shape(path)));
  const documented = Object.entries(world.document().paths).flatMap(([path, item]) => (item.get ? [path] : []));
  const missing = documented.filter(
    (path) => !path.endsWith('}') && !known.has(shape(path)) && !noLists.has(path.replace(/(.)\/$/, '$1')),
  );
  assert.deepEqual(missing, []);
});
