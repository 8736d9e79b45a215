import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '#libs/common/ids';
import { defaultGroupId } from '#libs/networking/security-groups/default-group';
import type { ComputeApi } from '../support/compute-api.js';
import { member } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;
before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
});
after(() => servers.stop());

const create = async (more: object) => {
  const { status, body } = await api.ask(member, 'POST', '/servers', servers.wanted(more));
  return { status, words: JSON.stringify(body) };
};

test('passwords and trusted certificates, which nothing would put into the guest, are refused: 400', async () => {
  const cases: [object, RegExp][] = [
    [{ adminPass: 'secret' }, /adminPass.*no password/],
    [{ trusted_image_certificates: ['0b5d2c72-12cc-4ba6-a8d7-3ff5cc1d8cb8'] }, /trusted_image_certificates/],
  ];
  for (const [more, says] of cases) {
    const { status, words } = await create(more);
    assert.equal(status, 400, words);
    assert.match(words, says);
  }
  const id = await servers.active();
  const { imageRef } = servers.wanted().server as { imageRef: string };
  const rebuild = { imageRef, adminPass: 'secret' };
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, { rebuild })).status, 400);
});

test('a server is in the default security group, by name or id; another is not there: 400', async () => {
  const id = await defaultGroupId(api.database.manager, member.projectId);
  for (const name of ['default', id]) assert.equal((await create({ security_groups: [{ name }] })).status, 202, name);
  for (const security_groups of [[{ name: 'web' }], [{ name: 'default' }, { name: newId() }]]) {
    const { status, words } = await create({ security_groups });
    assert.equal(status, 400, words);
    assert.match(words, /Security group .* not found for project p-member/);
  }
  for (const security_groups of [[{}], [{ name: 7 }], ['default']])
    assert.equal((await create({ security_groups })).status, 400);
});
