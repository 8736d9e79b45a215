import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import type { Ownership } from '#generated/lxstack/agent/v1/control_plane';
import { InvalidInputError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { deletionsOfEphemeral } from '#libs/compute/instances/actions/ephemeral';
import { closeSwitches } from '#libs/fleet/ownership/close-switches';
import { Events } from '#libs/operations/events';
import { Operations } from '#libs/operations/operations.service';
import { keepPassword } from './guest-password.js';
import type { KeptPassword } from './guest-password.js';

/** Upper bound of the instances in one call. */
const MAX_IDS = 10_000;

interface Row {
  id: string;
  owned: boolean;
  deleted: boolean;
  epoch: string;
}

/**
 * Indexes: primary key of instances, unique name of hosts. Deleted instances are in the answer, because agents keep
 * what the control plane does not know.
 */
const OWNERS = `
  SELECT i.id, i.epoch, i.deleted_at IS NOT NULL AS deleted,
    i.deleted_at IS NULL AND coalesce(i.host_id = (SELECT id FROM hosts WHERE name = $2), false) AS owned
  FROM instances i WHERE i.id = ANY($1::uuid[])`;

/**
 * Marks instances as stopped that stopped by themselves: only where the reporting host owns them at this epoch, no task
 * is running and no operation is unfinished. Index: primary key of instances.
 */
const STOPPED = `
  UPDATE instances i SET vm_state = 'stopped', power_state = 4, updated_at = now()
  FROM unnest($1::uuid[], $2::bigint[]) AS told(id, epoch)
  WHERE i.id = told.id AND i.epoch = told.epoch AND i.deleted_at IS NULL
    AND i.vm_state IN ('active', 'paused') AND i.task_state IS NULL
    AND i.host_id = (SELECT id FROM hosts WHERE name = $3)
  RETURNING i.id, i.project_id`;

/**
 * Those of the reported instances on which a task is running; it does not look at the container again when it ends.
 * Index: primary key.
 */
const BUSY = `
  SELECT i.id FROM instances i JOIN unnest($1::uuid[], $2::bigint[]) AS told(id, epoch) USING (id, epoch)
  WHERE i.deleted_at IS NULL AND i.vm_state IN ('active', 'paused') AND i.task_state IS NOT NULL
    AND i.host_id = (SELECT id FROM hosts WHERE name = $3)`;

/** What agents ask and report about instances outside any operation. */
@Injectable()
export class InstanceOwnership {
  constructor(
    private readonly database: DataSource,
    private readonly events: Events,
    private readonly operations: Operations,
  ) {}

  /**
   * Who owns the instances, and at which epoch. An agent that owns one lets it go on, so the same transaction closes
   * the open switches of their live moves (invariant 2). Throws InvalidInputError for more than 10,000 ids.
   */
  async of(hostname: string, instanceIds: string[]): Promise<Ownership[]> {
    if (instanceIds.length > MAX_IDS) throw new InvalidInputError('instance_ids', `at most ${MAX_IDS} ids`);
    const ids = instanceIds.filter((id) => UUID.test(id));
    const rows = await this.database.transaction(async (tx) => {
      await closeSwitches(tx, ids);
      return tx.query<Row[]>(OWNERS, [ids, hostname]);
    });
    const known = new Map(rows.map((row) => [row.id, row]));
    return instanceIds.map((instanceId) => {
      const row = known.get(instanceId);
      const { owned = false, deleted = false, epoch = 0 } = row ?? {};
      return { instanceId, exists: row !== undefined && !deleted, owned, deleted, epoch: Number(epoch) };
    });
  }

  /** As the function `keepPassword`, for a guest of this host. */
  keepPassword(hostname: string, instanceId: string, posted: string): Promise<KeptPassword> {
    return keepPassword(this.database.manager, hostname, instanceId, posted);
  }

  /**
   * Marks the reported instances that have stopped by themselves as stopped, and lets the ephemeral ones be deleted; a
   * repeated report changes nothing. Returns the ids on which a task is running: the agent must report them again.
   */
  async report(hostname: string, instances: InstanceStatus[]): Promise<string[]> {
    const stopped = instances.filter(
      ({ id, state }) => state === InstanceState.INSTANCE_STATE_STOPPED && UUID.test(id),
    );
    if (!stopped.length) return [];
    const values = [stopped.map(({ id }) => id), stopped.map(({ epoch }) => epoch), hostname];
    const rows = await this.operations.transact(async (tx, create) => {
      const [found] = await tx.query<[{ id: string; project_id: string }[], number]>(STOPPED, values);
      const deletions = found.length
        ? await deletionsOfEphemeral(
            tx,
            found.map(({ id }) => id),
          )
        : [];
      if (deletions.length) await create.all(deletions);
      return found;
    });
    for (const { id, project_id } of rows)
      this.events.publish({ type: 'instance', id, projectId: project_id, data: { vmState: 'stopped', powerState: 4 } });
    if (rows.length === stopped.length) return [];
    return (await this.database.query<{ id: string }[]>(BUSY, values)).map(({ id }) => id);
  }
}
