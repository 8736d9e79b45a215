import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defaultSecurityGroup } from '#libs/networking/security-groups/default-security-group';
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

test('keys, user data and passwords, which nothing would put into the guest, are refused: 400', async () => {
  const keypair = { name: 'mine', public_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0', type: 'ssh' };
  const made = await api.ask(member, 'POST', '/os-keypairs', { keypair });
  assert.ok([200, 201].includes(made.status), JSON.stringify(made.body));
  const cases: [object, RegExp][] = [
    [{ key_name: 'mine' }, /key_name.*nothing puts it into a guest/],
    [{ key_name: 'unknown' }, /Invalid key_name/],
    [{ user_data: 'I2Nsb3VkLWNvbmZpZwo=' }, /user_data.*nothing puts it into a guest/],
    [{ config_drive: true }, /config_drive.*no config drives/],
    [{ adminPass: 'secret' }, /adminPass.*no password/],
    [{ trusted_image_certificates: ['0b5d2c72-12cc-4ba6-a8d7-3ff5cc1d8cb8'] }, /trusted_image_certificates/],
  ];
  for (const [more, says] of cases) {
    const { status, words } = await create(more);
    assert.equal(status, 400, words);
    assert.match(words, says);
  }
  assert.equal((await create({ config_drive: false })).status, 202);
});

test('a rebuild refuses the same: 400', async () => {
  const id = await servers.active();
  const { imageRef } = servers.wanted().server as { imageRef: string };
  for (const more of [{ key_name: 'mine' }, { user_data: 'I2Nsb3VkLWNvbmZpZwo=' }, { adminPass: 'secret' }]) {
    const { status, body } = await api.ask(member, 'POST', `/servers/${id}/action`, { rebuild: { imageRef, ...more } });
    assert.equal(status, 400, JSON.stringify(body));
  }
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, { rebuild: { imageRef } })).status, 202);
});

test('a server is in the default security group, by name or id; another is not there: 400', async () => {
  const { id } = defaultSecurityGroup(member.projectId);
  for (const name of ['default', id]) assert.equal((await create({ security_groups: [{ name }] })).status, 202, name);
  for (const security_groups of [[{ name: 'web' }], [{ name: 'default' }, { name: defaultSecurityGroup('x').id }]]) {
    const { status, words } = await create({ security_groups });
    assert.equal(status, 400, words);
    assert.match(words, /Security group .* not found for project p-member/);
  }
  for (const security_groups of [[{}], [{ name: 7 }], ['default']])
    assert.equal((await create({ security_groups })).status, 400);
});
