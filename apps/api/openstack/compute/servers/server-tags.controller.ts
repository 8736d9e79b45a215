import { Body, Delete, Get, HttpCode, Param, Put, Res } from '@nestjs/common';
import type { Response } from 'express';
import { NotFoundError } from '#libs/common/errors';
import { Instances } from '#libs/compute/instances/instances';
import { InputError } from '#apps/api/http/input/input-error';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

type Action = 'index' | 'show' | 'update' | 'update_all' | 'delete' | 'delete_all';

/** Nova API: /servers/{id}/tags (2.26) */
@ComputeController('servers/:id/tags')
export class ServerTagsController {
  constructor(private readonly instances: Instances) {}

  @Get()
  async list(@Compute() request: ComputeRequest, @Param('id') id: string) {
    return { tags: await this.present(request, id, 'index') };
  }

  @Put()
  async replace(@Compute() request: ComputeRequest, @Param('id') id: string, @Body() body: { tags?: unknown }) {
    await this.present(request, id, 'update_all');
    const tags: unknown = body?.tags;
    if (!Array.isArray(tags)) throw new InputError('tags', tags, 'a list is expected');
    const wanted = tags.map(tagOf);
    return { tags: await this.instances.setTags(request.caller, id, 'update_all', () => wanted) };
  }

  @Get(':tag')
  @HttpCode(204)
  async check(@Compute() request: ComputeRequest, @Param('id') id: string, @Param('tag') tag: string): Promise<void> {
    if (!(await this.present(request, id, 'show')).includes(tag)) throw new NotFoundError('Tag', tag);
  }

  @Put(':tag')
  async add(
    @Compute() request: ComputeRequest,
    @Param('id') id: string,
    @Param('tag') tag: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const known = (await this.present(request, id, 'update')).includes(tag);
    if (!known) await this.instances.setTags(request.caller, id, 'update', (present) => [...present, tagOf(tag)]);
    response.status(known ? 204 : 201).location(`${request.base}/servers/${id}/tags/${encodeURIComponent(tag)}`);
  }

  @Delete(':tag')
  @HttpCode(204)
  async remove(@Compute() request: ComputeRequest, @Param('id') id: string, @Param('tag') tag: string): Promise<void> {
    if (!(await this.present(request, id, 'delete')).includes(tag)) throw new NotFoundError('Tag', tag);
    await this.instances.setTags(request.caller, id, 'delete', (present) => present.filter((one) => one !== tag));
  }

  @Delete()
  @HttpCode(204)
  async clear(@Compute() request: ComputeRequest, @Param('id') id: string): Promise<void> {
    await this.present(request, id, 'delete_all');
    await this.instances.setTags(request.caller, id, 'delete_all', () => []);
  }

  private async present({ caller, version }: ComputeRequest, id: string, action: Action): Promise<string[]> {
    if (version < 26) throw new NotFoundError('Resource', 'tags');
    return (await this.instances.get(caller, id, `os_compute_api:os-server-tags:${action}`)).tags;
  }
}

function tagOf(tag: unknown): string {
  if (typeof tag !== 'string' || !/^[^,/]{1,60}$/.test(tag))
    throw new InputError('tag', tag, '1 to 60 characters without comma and slash are expected');
  return tag;
}
