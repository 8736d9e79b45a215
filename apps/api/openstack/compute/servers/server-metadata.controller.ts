import { Body, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { Instances } from '#libs/compute/instances/instances';
import { TakesMap } from '#apps/api/http/body/body-schema';
import { unwrap } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { metadataOf } from './create-server.dto.js';

/** Nova API: /servers/{id}/metadata */
@ComputeController('servers/:id/metadata')
export class ServerMetadataController {
  constructor(private readonly instances: Instances) {}

  @Get()
  async list(@Compute() { caller }: ComputeRequest, @Param('id') id: string) {
    const { metadata } = await this.instances.get(caller, id, 'os_compute_api:server-metadata:index');
    return { metadata };
  }

  @Post()
  @TakesMap('metadata')
  @HttpCode(200)
  async merge(@Compute() { caller }: ComputeRequest, @Param('id') id: string, @Body() body: unknown) {
    const metadata = metadataOf(unwrap(body, 'metadata'));
    return { metadata: await this.instances.setMetadata(caller, id, metadata, 'create') };
  }

  @Put()
  @TakesMap('metadata')
  async replace(@Compute() { caller }: ComputeRequest, @Param('id') id: string, @Body() body: unknown) {
    const metadata = metadataOf(unwrap(body, 'metadata'));
    return { metadata: await this.instances.setMetadata(caller, id, metadata, 'update_all') };
  }

  @Get(':key')
  async show(@Compute() { caller }: ComputeRequest, @Param('id') id: string, @Param('key') key: string) {
    const { metadata } = await this.instances.get(caller, id, 'os_compute_api:server-metadata:show');
    if (!Object.hasOwn(metadata, key)) throw new NotFoundError('Metadata item', key);
    return { meta: { [key]: metadata[key] } };
  }

  @Put(':key')
  @TakesMap('meta')
  async set(
    @Compute() { caller }: ComputeRequest,
    @Param('id') id: string,
    @Param('key') key: string,
    @Body() body: unknown,
  ) {
    const meta = metadataOf(unwrap(body, 'meta'), 'meta');
    if (Object.keys(meta).join() !== key)
      throw new InputError('meta', meta, `only '${key}', as in the URL, is expected`);
    await this.instances.setMetadata(caller, id, meta, 'update');
    return { meta };
  }

  @Delete(':key')
  @HttpCode(204)
  async delete(
    @Compute() { caller }: ComputeRequest,
    @Param('id') id: string,
    @Param('key') key: string,
  ): Promise<void> {
    await this.instances.deleteMetadata(caller, id, key);
  }
}
