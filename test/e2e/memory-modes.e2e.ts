import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryModes } from '#libs/agent-protocol/memory-modes';
import { TestFleet } from './fleet/test-fleet.js';

interface LiveMigration {
  id: string;
  status: string;
  memory_mode: string | null;
  memory_mode_reason: string | null;
}

test("a caller chooses the memory mode of a live move and finds it in the move's record; an unknown mode is refused", async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, events } = fleet.cloud;
  const server = await fleet.running('e2e-memory-modes');
  const path = `/fleet/v1/instances/${server.id}/live-migration`;
  const shown = async () => (await api.call<{ live_migration: LiveMigration }>('GET', path)).live_migration;
  await assert.rejects(api.call('GET', path), /404/, 'it was never moved');
  await assert.rejects(api.call('POST', path, { memory_mode: 'post-copy' }), /400.*memory_mode/s);
  await assert.rejects(api.call('POST', path, { bandwidth: 1 }), /400.*bandwidth/s);
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    for (const mode of [...memoryModes, undefined]) {
      await api.call('POST', path, { memory_mode: mode });
      const ended = await events.until(server.id, `the move by ${mode}`, 120_000, async () => {
        const migration = await shown();
        return ['completed', 'error', 'cancelled'].includes(migration.status) ? migration : undefined;
      });
      assert.equal(ended.status, 'completed');
      if (mode) assert.equal(ended.memory_mode, mode);
      if (mode) assert.match(ended.memory_mode_reason ?? '', /^asked for/);
      else assert.match(ended.memory_mode_reason ?? '', /MiB in \d+ processes: about/);
      await fleet.cloud.compute.settled(server.id, 'ACTIVE');
    }
  });
  assert.ok(seen.open, seen.failure);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
