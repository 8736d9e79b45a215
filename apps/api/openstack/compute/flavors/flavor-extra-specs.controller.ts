import { Body, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { Flavors } from '#libs/compute/flavors/flavors';
import { TakesMap } from '#apps/api/http/body/body-schema';
import { unwrap } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

/** Nova API: /flavors/{id}/os-extra_specs */
@ComputeController('flavors/:id/os-extra_specs')
export class FlavorExtraSpecsController {
  constructor(private readonly flavors: Flavors) {}

  @Get()
  async list(@Compute() { caller }: ComputeRequest, @Param('id') id: string) {
    return {
      extra_specs: (await this.flavors.show(caller, id, 'os_compute_api:os-flavor-extra-specs:index')).extraSpecs,
    };
  }

  @Post()
  @TakesMap('extra_specs')
  @HttpCode(200)
  async create(@Compute() request: ComputeRequest, @Param('id') id: string, @Body() body: unknown) {
    return {
      extra_specs: await this.flavors.setExtraSpecs(request.caller, id, specsOf(unwrap(body, 'extra_specs')), 'create'),
    };
  }

  @Get(':key')
  async show(@Compute() { caller }: ComputeRequest, @Param('id') id: string, @Param('key') key: string) {
    const { extraSpecs } = await this.flavors.show(caller, id, 'os_compute_api:os-flavor-extra-specs:show');
    if (!Object.hasOwn(extraSpecs, key)) throw new NotFoundError(`Extra spec of flavor ${id}`, key);
    return { [key]: extraSpecs[key] };
  }

  @Put(':key')
  @TakesMap()
  async update(
    @Compute() request: ComputeRequest,
    @Param('id') id: string,
    @Param('key') key: string,
    @Body() body: Record<string, unknown>,
  ) {
    if (Object.keys(body ?? {}).join() !== key)
      throw new InputError('extra_specs', body, `only '${key}', as in the URL, is expected`);
    await this.flavors.setExtraSpecs(request.caller, id, specsOf(body), 'update');
    return body;
  }

  @Delete(':key')
  @HttpCode(200)
  async delete(@Compute() request: ComputeRequest, @Param('id') id: string, @Param('key') key: string): Promise<void> {
    await this.flavors.deleteExtraSpec(request.caller, id, key);
  }
}

/** Numbers become text, as in Nova. Throws InputError. */
function specsOf(given: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      if (!/^[a-zA-Z0-9-_:. ]{1,255}$/.test(key))
        throw new InputError('extra_specs', given, `${key}: letters, digits and -_:. are expected`);
      if (typeof value !== 'string' && typeof value !== 'number')
        throw new InputError(key, value, 'a string is expected');
      return [key, String(value)];
    }),
  );
}
