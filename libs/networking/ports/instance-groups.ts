import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFoundError } from '#libs/common/errors';
import { groupsByName } from '../security-groups/named-groups.js';
import { PortSecurityRequiredError } from '../security-groups/security-groups.errors.js';
import { SecurityGroup } from '../security-groups/security-group.entity.js';

/** Index ports_of_instance. */
const ADD = `
  UPDATE ports SET security_group_ids = security_group_ids || $2::uuid, updated_at = now()
   WHERE instance_id = $1 AND port_security_enabled AND NOT security_group_ids @> ARRAY[$2::uuid]`;
const REMOVE = `
  UPDATE ports SET security_group_ids = array_remove(security_group_ids, $2::uuid), updated_at = now()
   WHERE instance_id = $1 AND security_group_ids @> ARRAY[$2::uuid] RETURNING id`;

/** The security groups of an instance's ports (Nova API: os-security-groups). Callers have checked who asks. */
@Injectable()
export class InstanceGroups {
  constructor(private readonly database: DataSource) {}

  /** The groups that any of its ports is in. */
  async of(instanceId: string): Promise<SecurityGroup[]> {
    return this.database.manager
      .createQueryBuilder(SecurityGroup, 'g')
      .where('g.id IN (SELECT unnest(p.security_group_ids) FROM ports p WHERE p.instance_id = :instanceId)', {
        instanceId,
      })
      .orderBy('g.createdAt')
      .addOrderBy('g.id')
      .getMany();
  }

  /**
   * Nova API: addSecurityGroup: puts every port of the instance into the group. Throws NotFoundError,
   * GroupNameAmbiguousError, PortSecurityRequiredError where no port has port security.
   */
  async add(instanceId: string, projectId: string, name: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [id] = await groupsByName(tx, projectId, [name]);
      const [, changed] = await tx.query<[unknown[], number]>(ADD, [instanceId, id]);
      const isSecured = 'SELECT 1 FROM ports WHERE instance_id = $1 AND port_security_enabled LIMIT 1';
      if (!changed && !(await tx.query<unknown[]>(isSecured, [instanceId])).length)
        throw new PortSecurityRequiredError();
    });
  }

  /** Nova API: removeSecurityGroup. Throws NotFoundError, also where no port of the instance is in the group. */
  async remove(instanceId: string, projectId: string, name: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [id] = await groupsByName(tx, projectId, [name]);
      const [rows] = await tx.query<[unknown[], number]>(REMOVE, [instanceId, id]);
      if (!rows.length) throw new NotFoundError('Security group', name);
    });
  }
}
