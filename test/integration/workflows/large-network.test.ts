import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { channelOptions } from '#libs/agent-protocol/credentials';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

/** Ports on another host; of this size their forwarding entries are more than a message may hold. */
const PORTS = 30_000;
const limit = channelOptions['grpc.max_receive_message_length']!;

let world: WorkflowWorld;

before(async () => {
  world = await WorkflowWorld.start('wf-large', ['h1', 'h2', 'h3']);
  await world.database.query(
    `INSERT INTO ports (id, project_id, network_id, mac_address, host_id, fixed_ips)
     SELECT gen_random_uuid(), 'p', $1, 'fa:16:' || regexp_replace(lpad(to_hex(n), 8, '0'), '(..)(..)(..)(..)', '\\1:\\2:\\3:\\4'), $2,
       (SELECT jsonb_agg(jsonb_build_object('subnet_id', $3::text, 'ip_address', 'fd00:1234:5678:9abc:def0:1234:' || to_hex(n / 65536) || k || ':' || to_hex(n % 65536)))
          FROM generate_series(1, 8) k)
       FROM generate_series(1, ${PORTS}) n`,
    [world.tenant.networkId, world.hostId('h3'), world.tenant.subnetId],
  );
});
after(() => world.stop());

test(`a target is told of a network with ${PORTS} ports in messages that are taken`, async () => {
  const { id } = await world.create('h1');
  const target = world.agents.get('h2')!;
  const { migration } = await world.ended(await world.migrations.liveMigrate(caller, id, { host: 'h2' }), 600_000);
  assert.equal(migration.status, 'completed', JSON.stringify(migration.failure));
  const messages = [...target.migrations.prepared!.forwarding, ...target.forwarded].map(({ entries }) => entries);
  assert.ok(new Set(messages.flat().map(({ mac }) => mac)).size > PORTS);
  for (const entries of messages) assert.ok(JSON.stringify(entries).length < limit / 2);
});
