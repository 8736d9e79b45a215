import { Injectable } from '@nestjs/common';
import type { Caller } from '#libs/common/caller';
import { InstanceGroups } from '#libs/networking/ports/instance-groups';
import type { SecurityGroup } from '#libs/networking/security-groups/security-group.entity';
import { requireAllowed } from '#libs/policy/policy';
import { instanceTarget } from './instance-target.js';
import { Instances } from './instances.js';

/** The security groups of an instance (Nova API: os-security-groups, addSecurityGroup, removeSecurityGroup). */
@Injectable()
export class InstanceSecurityGroups {
  constructor(
    private readonly instances: Instances,
    private readonly groups: InstanceGroups,
  ) {}

  /** Throws NotFoundError, PolicyDeniedError. */
  async list(caller: Caller, id: string): Promise<SecurityGroup[]> {
    requireAllowed(
      caller,
      'os_compute_api:os-security-groups:list',
      instanceTarget(await this.instances.get(caller, id)),
    );
    return this.groups.of(id);
  }

  /** Throws NotFoundError, PolicyDeniedError, and as `InstanceGroups.add`. */
  async add(caller: Caller, id: string, name: string): Promise<void> {
    const instance = await this.instances.get(caller, id);
    requireAllowed(caller, 'os_compute_api:os-security-groups:add', instanceTarget(instance));
    await this.groups.add(id, instance.projectId, name);
  }

  /** Throws NotFoundError, PolicyDeniedError. */
  async remove(caller: Caller, id: string, name: string): Promise<void> {
    const instance = await this.instances.get(caller, id);
    requireAllowed(caller, 'os_compute_api:os-security-groups:remove', instanceTarget(instance));
    await this.groups.remove(id, instance.projectId, name);
  }
}
