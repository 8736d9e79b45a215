import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, text } from '../support/openstack-faces.js';
import type { Answer, Json } from '../support/openstack-faces.js';
import { NetworkFace, refused } from '../support/network-face.js';

let face: NetworkFace;

before(async () => {
  face = await NetworkFace.start();
});
after(() => face.close());

/** One of each kind of resource with tags: its path. */
async function oneOfEach(): Promise<string[]> {
  const network_id = await face.networkWith();
  const subnet = await face.made('subnet', { network_id, cidr: '10.0.0.0/24' });
  const port = await face.made('port', { network_id });
  const router = await face.made('router', { name: 'way' });
  return [
    `/networks/${network_id}`,
    `/subnets/${text(subnet.id)}`,
    `/ports/${text(port.id)}`,
    `/routers/${text(router.id)}`,
  ];
}

const shown = async (path: string): Promise<Json> => Object.values((await face.ask('GET', path)).body)[0]!;
const status = async (method: string, path: string, body?: unknown) => (await face.ask(method, path, body)).status;

test('tags are set, added, shown, found one by one and removed, on every kind of resource', async () => {
  for (const path of await oneOfEach()) {
    const set = await face.ask('PUT', `${path}/tags`, { tags: ['red', 'blue'] });
    assert.deepEqual([set.status, set.body.tags], [200, ['blue', 'red']], path);
    assert.equal(await status('PUT', `${path}/tags/green`), 201);
    assert.equal(await status('PUT', `${path}/tags/green`), 201, 'once more');
    assert.deepEqual((await shown(path)).tags, ['blue', 'green', 'red']);
    assert.deepEqual((await face.ask('POST', `${path}/tags`, { tags: ['red', 'x/y'] })).body.tags, [
      'blue',
      'green',
      'red',
      'x/y',
    ]);
    assert.equal(await status('GET', `${path}/tags/x%2Fy`), 204);
    assert.equal(await status('DELETE', `${path}/tags/red`), 204);
    refused(await face.ask('GET', `${path}/tags/red`), 404, 'TagNotFound');
    refused(await face.ask('DELETE', `${path}/tags/red`), 404, 'TagNotFound');
    assert.equal(await status('DELETE', `${path}/tags`), 204);
    assert.deepEqual((await face.ask('GET', `${path}/tags`)).body.tags, []);
  }
});

test('tags are bounded, named once, and of the project', async () => {
  const [path = ''] = await oneOfEach();
  const many = Array.from({ length: 50 }, (_, n) => `t${n}`);
  assert.equal(await status('PUT', `${path}/tags`, { tags: many }), 200);
  for (const tags of [['a', 'a'], [''], ['x'.repeat(256)], [...many, 'more'], [7], 'red'])
    refused(await face.ask('PUT', `${path}/tags`, { tags }), 400, 'InvalidInput', /tags/);
  refused(await face.ask('PUT', `${path}/tags/more`), 400, 'InvalidInput', /at most 50/);
  refused(await face.ask('PUT', `${path}/tags`, { tags: [] }, face.ben.token), 404, 'NetworkNotFound');
  refused(await face.ask('PUT', `${path}/tags`, { tags: [] }, face.rita.token), 403, 'PolicyNotAuthorized');
});

test('who sees a shared network sees its tags, and does not change them', async () => {
  const { id } = await face.made('network', { shared: true }, face.admin);
  const path = `/networks/${text(id)}/tags`;
  await face.ask('PUT', path, { tags: ['all'] }, face.admin);
  assert.deepEqual((await face.ask('GET', path)).body.tags, ['all']);
  refused(await face.ask('PUT', path, { tags: [] }), 403, 'PolicyNotAuthorized');
});

test('lists are narrowed by tags: all, any, not all, none', async () => {
  const ids = new Map<string, string>();
  for (const tags of [['red'], ['red', 'blue'], ['green'], []]) {
    const { id } = await face.made('router', { name: 'tagged' });
    await face.ask('PUT', `/routers/${text(id)}/tags`, { tags });
    ids.set(text(id), tags.join('+') || 'none');
  }
  const found = async (query: string) => {
    const answer = await face.ask('GET', `/routers?name=tagged&${query}`);
    return items(answer.body.routers)
      .map(({ id }) => ids.get(text(id)))
      .sort();
  };
  assert.deepEqual(await found('tags=red'), ['red', 'red+blue']);
  assert.deepEqual(await found('tags=red,blue'), ['red+blue']);
  assert.deepEqual(await found('tags-any=green,blue'), ['green', 'red+blue']);
  assert.deepEqual(await found('not-tags=red,blue'), ['green', 'none', 'red']);
  assert.deepEqual(await found('not-tags-any=red,green'), ['none']);
  assert.deepEqual(await found('tags=red&not-tags-any=blue'), ['red']);
});

/** Sends it on the condition that the resource has this revision. */
async function matching(method: string, path: string, revision: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${face.faces.url}/networking/v2.0${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-auth-token': face.anna.token,
      'if-match': revision,
    },
    body: JSON.stringify(body),
  });
  const content = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text: content,
    body: content ? (JSON.parse(content) as Json) : {},
  };
}

test('a revision counts changes, also of tags, and not what changes nothing', async () => {
  for (const path of await oneOfEach()) {
    const key = path.split('/')[1]!.slice(0, -1);
    const start = Number((await shown(path)).revision_number);
    const answer = await face.ask('PUT', path, { [key]: { name: 'other' } });
    assert.equal(answer.body[key]!.revision_number, start + 1, path);
    await face.ask('PUT', path, { [key]: { name: 'other' } });
    await face.ask('PUT', `${path}/tags/red`);
    await face.ask('PUT', `${path}/tags/red`);
    const { revision_number, created_at, updated_at } = await shown(path);
    assert.equal(revision_number, start + 2, path);
    assert.ok(text(updated_at) >= text(created_at));
  }
});

test('a network counts its subnets, a router its interfaces', async () => {
  const network_id = await face.networkWith();
  const revisionOf = async (path: string) => Number((await shown(path)).revision_number);
  assert.equal(await revisionOf(`/networks/${network_id}`), 1);
  const subnet = await face.made('subnet', { network_id, cidr: '10.0.0.0/24' });
  assert.equal(await revisionOf(`/networks/${network_id}`), 2);
  const router = `/routers/${text((await face.made('router', {})).id)}`;
  await face.ask('PUT', `${router}/add_router_interface`, { subnet_id: subnet.id });
  assert.equal(await revisionOf(router), 2);
  await face.ask('PUT', `${router}/remove_router_interface`, { subnet_id: subnet.id });
  assert.equal(await revisionOf(router), 3);
});

test('If-Match lets a change through only at the revision named: else 412', async () => {
  for (const path of (await oneOfEach()).toReversed()) {
    const key = path.split('/')[1]!.slice(0, -1);
    const body = { [key]: { description: 'd' } };
    const { revision_number } = await shown(path);
    const [now, stale] = [
      `revision_number=${String(revision_number)}`,
      `revision_number=${Number(revision_number) - 1}`,
    ];
    refused(await matching('PUT', path, stale, body), 412, 'RevisionNumberConstraintFailed', /current revision is/);
    assert.equal((await matching('PUT', path, now, body)).status, 200, path);
    refused(await matching('DELETE', path, now), 412, 'RevisionNumberConstraintFailed');
    refused(await matching('PUT', path, '"etag"', body), 400, 'InvalidInput', /If-Match/);
  }
});

test('of two changes at one revision, one is made', async () => {
  const { id, revision_number } = await face.made('network', {});
  const path = `/networks/${text(id)}`;
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      matching('PUT', path, `revision_number=${String(revision_number)}`, { network: { name } }),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412]);
});
