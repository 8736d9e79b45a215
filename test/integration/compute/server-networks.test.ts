import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Caller } from '#libs/common/caller';
import { Port } from '#libs/networking/ports/port.entity';
import { member } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
before(async () => {
  servers = await ServersApi.start();
});
after(() => servers.stop());

const other: Caller = { ...member, userId: 'u-other', projectId: 'p-other' };

async function post(caller: Caller, networks: object[]) {
  const { status, body } = await servers.api.ask(caller, 'POST', '/servers', servers.wanted({ networks }));
  return { status, words: JSON.stringify(body) };
}

/** A port of the member's, with or without an address. */
async function port(fixedIps: Port['fixedIps']): Promise<string> {
  const id = randomUUID();
  const macAddress = `fa:16:3e:${id.slice(0, 2)}:${id.slice(2, 4)}:${id.slice(4, 6)}`;
  const row = { id, projectId: member.projectId, networkId: servers.networkId, macAddress, fixedIps };
  await servers.api.database.manager.insert(Port, row);
  return id;
}

test('on a shared network its owner chooses addresses, another project does not: 403', async () => {
  const uuid = servers.networkId;
  for (const fixed_ip of ['10.9.0.1', '10.9.0.77', '10.9.0.251']) {
    const { status, words } = await post(other, [{ uuid, fixed_ip }]);
    assert.equal(status, 403, words);
    assert.match(words, /fixed_ips:ip_address/);
  }
  assert.equal((await post(other, [{ uuid }])).status, 202);
  assert.equal((await post(member, [{ uuid, fixed_ip: '10.9.0.77' }])).status, 202);
});

test('an address that no port may have is refused: 400', async () => {
  const uuid = servers.networkId;
  for (const fixed_ip of ['10.9.0.1', '10.9.0.0', '10.9.0.255', '10.8.0.7'])
    assert.equal((await post(member, [{ uuid, fixed_ip }])).status, 400, fixed_ip);
});

test('a port can be named once, and not together with an address: 400', async () => {
  const good = await port([{ subnet_id: randomUUID(), ip_address: '10.9.0.88' }]);
  const twice = await post(member, [{ port: good }, { port: good }]);
  assert.equal(twice.status, 400, twice.words);
  assert.match(twice.words, /each port once/);
  const without = await post(member, [{ port: await port([]) }]);
  assert.equal(without.status, 400, without.words);
  assert.match(without.words, /fixed IP/);
  assert.equal((await post(member, [{ port: good }])).status, 202);
  assert.equal((await post(member, [{ port: good }])).status, 409);
});
