import { Injectable } from '@nestjs/common';
import type { Caller } from '#libs/common/caller';
import { requireAllowed } from '#libs/policy/policy';
import { RBAC_POLICY_LIMIT } from './rbac-policies/rbac-policies.service.js';

/** Neutron: -1 sets no limit. */
const LIMITS = {
  network: -1,
  subnet: -1,
  port: -1,
  router: -1,
  security_group: 1,
  security_group_rule: 4,
  floatingip: 0,
  subnetpool: -1,
  rbac_policy: RBAC_POLICY_LIMIT,
} as const;

/** What a project may have of networks: the same for every project. */
@Injectable()
export class NetworkQuotas {
  /** Throws PolicyDeniedError. */
  show(caller: Caller, projectId: string): typeof LIMITS {
    requireAllowed(caller, 'get_quota', { project_id: projectId });
    return LIMITS;
  }
}
