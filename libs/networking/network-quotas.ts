import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { requireAllowed } from '#libs/policy/policy';
import { RBAC_POLICY_LIMIT } from './rbac-policies/rbac-policies.service.js';
import { defaultGroupLimits, groupLimit } from './security-groups/group-quota.js';

/** Neutron: -1 sets no limit. */
const LIMITS = {
  network: -1,
  subnet: -1,
  port: -1,
  router: -1,
  ...defaultGroupLimits,
  floatingip: 0,
  subnetpool: -1,
  rbac_policy: RBAC_POLICY_LIMIT,
} as const;

/** How many networks, ports, security groups and so on a project may have. */
export type NetworkLimits = Record<keyof typeof LIMITS, number>;

/** What a project may have of networks (Neutron API: /v2.0/quotas). Only groups and rules have limits of a project's own. */
@Injectable()
export class NetworkQuotas {
  constructor(private readonly database: DataSource) {}

  /** Throws PolicyDeniedError. */
  async show(caller: Caller, projectId: string): Promise<NetworkLimits> {
    requireAllowed(caller, 'get_quota', { project_id: projectId });
    const { manager } = this.database;
    const groups = await groupLimit(manager, projectId, 'security_group');
    const rules = await groupLimit(manager, projectId, 'security_group_rule');
    return { ...LIMITS, security_group: groups, security_group_rule: rules };
  }

  /** The limits of projects that have none of their own. Throws PolicyDeniedError. */
  showDefaults(caller: Caller, projectId: string): NetworkLimits {
    requireAllowed(caller, 'get_quota', { project_id: projectId });
    return LIMITS;
  }
}
