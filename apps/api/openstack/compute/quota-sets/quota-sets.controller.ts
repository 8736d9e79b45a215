import { Body, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { quotaResources } from '#libs/compute/quotas/default-limits';
import type { Limits, QuotaResource } from '#libs/compute/quotas/default-limits';
import { Quotas } from '#libs/compute/quotas/quotas';
import { TakesMap } from '#apps/api/http/body/body-schema';
import { unwrap } from '#apps/api/http/body/parse-body';
import { booleanOf } from '#apps/api/http/input/booleans';
import { InputError } from '#apps/api/http/input/input-error';
import { one, requireKnown } from '#apps/api/http/query/query';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';

/** Nova API: /os-quota-sets */
@ComputeController('os-quota-sets')
export class QuotaSetsController {
  constructor(private readonly quotas: Quotas) {}

  @Get(':project')
  async show(@Compute() request: ComputeRequest, @Param('project') project: string) {
    requireWhole(request);
    return { quota_set: { id: project, ...shown(await this.quotas.show(request.caller, project), request.version) } };
  }

  @Get(':project/defaults')
  defaults(@Compute() { caller, version }: ComputeRequest, @Param('project') project: string) {
    return { quota_set: { id: project, ...shown(this.quotas.defaults(caller, project), version) } };
  }

  @Get(':project/detail')
  async detail(@Compute() request: ComputeRequest, @Param('project') project: string) {
    requireWhole(request);
    const { limits, usage } = await this.quotas.detail(request.caller, project);
    const used: Partial<Record<QuotaResource, number>> = { ...usage };
    const entries = Object.entries(shown(limits, request.version)) as [QuotaResource, number][];
    const rows = entries.map(([name, limit]) => [name, { limit, in_use: used[name] ?? 0, reserved: 0 }]);
    return { quota_set: { id: project, ...(Object.fromEntries(rows) as object) } };
  }

  @Put(':project')
  @TakesMap('quota_set')
  async update(@Compute() request: ComputeRequest, @Param('project') project: string, @Body() body: unknown) {
    requireWhole(request);
    // Old clients name the project in the body too; the path's counts.
    const { force, ...wanted } = unwrap(body, 'quota_set');
    delete wanted.tenant_id;
    const limits = await this.quotas.set(request.caller, project, limitsOf(wanted, request.version), forceOf(force));
    return { quota_set: shown(limits, request.version) };
  }

  @Delete(':project')
  @HttpCode(202)
  async delete(@Compute() request: ComputeRequest, @Param('project') project: string): Promise<void> {
    requireWhole(request);
    await this.quotas.reset(request.caller, project);
  }
}

/** Nova API: `user_id`. Users have no quotas of their own here. Throws InputError. */
function requireWhole({ query, version }: ComputeRequest): void {
  if (version >= 75) requireKnown(query, ['user_id']);
  const user = one(query, 'user_id');
  if (user !== undefined) throw new InputError('user_id', user, 'no value is expected: only projects have quotas');
}

const network: QuotaResource[] = ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'];
const files: QuotaResource[] = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes'];

function resourcesAt(version: Microversion): QuotaResource[] {
  const gone = new Set([...(version >= 36 ? network : []), ...(version >= 57 ? files : [])]);
  return quotaResources.filter((resource) => !gone.has(resource));
}

function shown(limits: Limits, version: Microversion): Record<string, number> {
  return Object.fromEntries(resourcesAt(version).map((resource) => [resource, limits[resource]]));
}

/** Nova API: `force` sets a limit below what is used. Throws InputError. */
function forceOf(given: unknown): boolean {
  const force = given === undefined ? false : booleanOf(given);
  if (force === undefined) throw new InputError('force', given, 'true or false is expected');
  return force;
}

/** Nova takes "10" for 10. Throws InputError. */
function limitsOf(given: Record<string, unknown>, version: Microversion): Partial<Limits> {
  const known = new Set<string>(resourcesAt(version));
  const entries = Object.entries(given);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!known.has(name))
        throw new InputError('quota_set', given, `Additional properties are not allowed ('${name}' was unexpected)`);
      const limit = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      if (!Number.isInteger(limit) || (limit as number) < -1 || (limit as number) > 2_147_483_647)
        throw new InputError(name, value, 'an integer from -1 (no limit) to 2147483647 is expected');
      return [name, limit];
    }),
  );
}
