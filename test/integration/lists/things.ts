import { randomUUID } from 'node:crypto';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { first } from '../policy/api-world.js';
import type { ApiWorld, Json } from '../policy/api-world.js';
import { Fixtures } from '../policy/fixtures.js';
import { activeServer } from '../policy/tenant.js';
import type { Things } from './list-table.js';

/** One thing of each kind, known by its fields, and a second of those that are paged. */
export async function makeThings(world: ApiWorld): Promise<{ ground: Fixtures; things: Things }> {
  const ground = await Fixtures.make(world);
  const { member, tenant, tokens } = ground;
  const { projectId, userId } = member;
  const made = async (path: string, body: object, token = member.token): Promise<Json> =>
    Object.values(await world.must('POST', path, { token, body }))[0]!;
  const defaultProject = { user: { default_project_id: projectId } };
  await world.must('PATCH', `/identity/v3/users/${userId}`, { token: tokens.admin, body: defaultProject });
  const fixed_ips = [{ ip_address: '10.8.0.77' }];
  const nic = { network_id: tenant.networkId, name: 'nic', fixed_ips };
  // A MAC of one's own is the network owner's to choose.
  const port = await made('/networking/v2.0/ports', { port: { ...nic, mac_address: 'fa:16:3e:00:00:77' } });
  await ground.port();
  await ground.subnet();
  await ground.image();
  const serverId = await activeServer(world, member.token, tenant, 'h1');
  await activeServer(world, member.token, tenant, 'h1');
  await made('/compute/v2.1/os-keypairs', { keypair: { name: 'key' } });
  await ground.keyPair();
  await made(
    '/compute/v2.1/flavors',
    { flavor: { id: 'zz', name: 'small', ram: 32, vcpus: 1, disk: 0 } },
    tokens.admin,
  );
  const group = await made('/compute/v2.1/os-server-groups', { server_group: { name: 'near', policy: 'affinity' } });
  const list = async (path: string, token = member.token) =>
    first(Object.values(await world.must('GET', path, { token }))[0]);
  const action = await list(`/compute/v2.1/servers/${serverId}/os-instance-actions`);
  const operation = await list(`/fleet/v1/operations?resource_id=${serverId}`, tokens.admin);
  const [h1, h2] = await Promise.all(
    ['h1', 'h2'].map((name) => world.database.manager.findOneByOrFail(Host, { name })),
  );
  const operationId = String(operation.id);
  const move = { instanceId: serverId, sourceHostId: h1!.id, destHostId: h2!.id, projectId, userId, operationId };
  const kind = { migrationType: 'migration', status: 'completed' } as const;
  const migrationId = randomUUID();
  for (const uuid of [randomUUID(), migrationId])
    await world.database.manager.insert(Migration, { uuid, ...move, ...kind });
  await ground.rebalancePlan();
  const ruleId = String((await list('/networking/v2.0/security-group-rules?direction=ingress&ethertype=IPv4')).id);
  const router = await made('/networking/v2.0/routers', { router: { name: 'way' } });
  await ground.router();
  const things: Things = {
    projectId,
    userId,
    roleId: ground.roleIds.member,
    networkId: tenant.networkId,
    subnetId: tenant.subnetId,
    portId: String(port.id),
    groupId: await ground.defaultGroup(),
    ruleId,
    routerId: String(router.id),
    subnetPoolId: await ground.subnetPool(),
    rbacPolicyId: await ground.rbacPolicy(),
    imageId: tenant.imageId,
    serverId,
    hostId: h1!.id,
    migrationId,
    requestId: String(action.request_id),
    serverGroupId: String(group.id),
    operationId,
    planId: await ground.rebalancePlan(),
  };
  return { ground, things };
}
