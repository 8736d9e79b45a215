import { Body, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Flavors } from '#libs/compute/flavors/flavors';
import { unwrap } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

/** Nova API: /flavors/{id}/os-flavor-access and the actions addTenantAccess, removeTenantAccess. */
@ComputeController('flavors/:id')
export class FlavorAccessController {
  constructor(private readonly flavors: Flavors) {}

  @Get('os-flavor-access')
  async list(@Compute() request: ComputeRequest, @Param('id') id: string) {
    return render(id, await this.flavors.accessList(request.caller, id));
  }

  @Post('action')
  @HttpCode(200)
  async act(@Compute() request: ComputeRequest, @Param('id') id: string, @Body() body: unknown) {
    const action = Object.keys((body ?? {}) as object).join();
    if (action !== 'addTenantAccess' && action !== 'removeTenantAccess')
      throw new InputError('body', body, 'addTenantAccess or removeTenantAccess is expected');
    const { tenant } = unwrap(body, action);
    if (typeof tenant !== 'string' || !tenant)
      throw new InputError('tenant', tenant, 'the id of a project is expected');
    const change =
      action === 'addTenantAccess'
        ? this.flavors.grant(request.caller, id, tenant)
        : this.flavors.revoke(request.caller, id, tenant);
    return render(id, await change);
  }
}

function render(flavorId: string, projects: string[]) {
  return { flavor_access: projects.map((tenant) => ({ flavor_id: flavorId, tenant_id: tenant })) };
}
