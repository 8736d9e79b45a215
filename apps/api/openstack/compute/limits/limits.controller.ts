import { Get } from '@nestjs/common';
import type { Limits } from '#libs/compute/quotas/default-limits';
import { Quotas } from '#libs/compute/quotas/quotas';
import type { QuotaUsage } from '#libs/compute/quotas/quotas';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';
import { one, requireKnown } from '#apps/api/http/query/query';

/** Nova API: /limits */
@ComputeController('limits')
export class LimitsController {
  constructor(private readonly quotas: Quotas) {}

  @Get()
  async show(@Compute() { caller, query, version }: ComputeRequest) {
    if (version >= 75) requireKnown(query, ['tenant_id']);
    const { limits, usage } = await this.quotas.absolute(caller, one(query, 'tenant_id'));
    return { limits: { rate: [], absolute: renderLimits(limits, usage, version) } };
  }
}

/** Nova API: limits of GET /limits; `ram` in MiB. */
export function renderLimits(limits: Limits, usage: QuotaUsage, version: Microversion) {
  return {
    maxTotalInstances: limits.instances,
    maxTotalCores: limits.cores,
    maxTotalRAMSize: limits.ram,
    maxServerMeta: limits.metadata_items,
    maxTotalKeypairs: limits.key_pairs,
    maxServerGroups: limits.server_groups,
    maxServerGroupMembers: limits.server_group_members,
    totalInstancesUsed: usage.instances,
    totalCoresUsed: usage.cores,
    totalRAMUsed: usage.ram,
    totalServerGroupsUsed: usage.server_groups,
    ...(version < 39 && { maxImageMeta: limits.metadata_items }),
    ...(version < 57 && {
      maxPersonality: limits.injected_files,
      maxPersonalitySize: limits.injected_file_content_bytes,
    }),
    ...(version < 36 && {
      maxSecurityGroups: limits.security_groups,
      maxSecurityGroupRules: limits.security_group_rules,
      maxTotalFloatingIps: limits.floating_ips,
      totalSecurityGroupsUsed: 0,
      totalFloatingIpsUsed: 0,
    }),
  };
}
