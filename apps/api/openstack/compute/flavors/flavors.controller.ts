import { Body, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { Flavors } from '#libs/compute/flavors/flavors';
import type { FlavorFilter } from '#libs/compute/flavors/flavors';
import { BodyError, parse, unwrap } from '../http/body.js';
import { Takes } from '../http/body-schema.js';
import { ComputeController } from '../http/compute-controller.js';
import { Compute, requireAdmin } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { integer, limitOf, nextLink, one } from '../http/paging.js';
import type { Query } from '../http/paging.js';
import { CreateFlavorDto, UpdateFlavorDto } from './flavor.dto.js';
import { renderFlavor, renderFlavorSummary } from './flavor.renderer.js';

/** Nova API: /flavors */
@ComputeController('flavors')
export class FlavorsController {
  constructor(private readonly flavors: Flavors) {}

  @Get()
  async list(@Compute() request: ComputeRequest) {
    const { found, next } = await this.page(request);
    return {
      flavors: found.map((flavor) => renderFlavorSummary(flavor, request)),
      ...(next.length && { flavors_links: next }),
    };
  }

  @Get('detail')
  async detail(@Compute() request: ComputeRequest) {
    const { found, next } = await this.page(request);
    return {
      flavors: found.map((flavor) => renderFlavor(flavor, request)),
      ...(next.length && { flavors_links: next }),
    };
  }

  @Get(':id')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string) {
    return { flavor: renderFlavor(await this.flavors.get(request.caller, id), request) };
  }

  @Post()
  @Takes('flavor', CreateFlavorDto)
  @HttpCode(200)
  async create(@Compute() request: ComputeRequest, @Body() body: unknown) {
    requireAdmin(request, 'os_compute_api:os-flavor-manage:create');
    const dto = parse(CreateFlavorDto, unwrap(body, 'flavor'), request.version);
    const flavor = await this.flavors.create({
      id: dto.id === 'auto' ? null : dto.id,
      name: dto.name.trim(),
      vcpus: dto.vcpus,
      ramMb: dto.ram,
      diskGb: dto.disk,
      isPublic: dto['os-flavor-access:is_public'] ?? true,
      description: dto.description,
    });
    return { flavor: renderFlavor(flavor, request) };
  }

  @Put(':id')
  @Takes('flavor', UpdateFlavorDto)
  async update(@Compute() request: ComputeRequest, @Param('id') id: string, @Body() body: unknown) {
    requireAdmin(request, 'os_compute_api:os-flavor-manage:update');
    const { description } = parse(UpdateFlavorDto, unwrap(body, 'flavor'), request.version);
    return { flavor: renderFlavor(await this.flavors.describe(id, description ?? null), request) };
  }

  @Delete(':id')
  @HttpCode(202)
  async delete(@Compute() request: ComputeRequest, @Param('id') id: string): Promise<void> {
    requireAdmin(request, 'os_compute_api:os-flavor-manage:delete');
    await this.flavors.delete(id);
  }

  private async page({ caller, query, url }: ComputeRequest) {
    const filter = filterOf(query);
    const found = await this.flavors.list(caller, filter);
    return { found, next: nextLink(url, query, found, filter.limit) };
  }
}

const sortKeys: Readonly<Record<string, FlavorFilter['sortKey']>> = {
  flavorid: 'id',
  id: 'id',
  name: 'name',
  vcpus: 'vcpus',
  memory_mb: 'ramMb',
  root_gb: 'diskGb',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

function filterOf(query: Query): FlavorFilter {
  const key = one(query, 'sort_key') ?? 'flavorid';
  const sortKey = Object.hasOwn(sortKeys, key) ? sortKeys[key] : undefined;
  if (!sortKey) throw new BodyError('sort_key', key, `one of ${Object.keys(sortKeys).join(', ')} is expected`);
  return {
    isPublic: publicity(one(query, 'is_public')),
    minRamMb: integer(query, 'minRam'),
    minDiskGb: integer(query, 'minDisk'),
    sortKey,
    sortDirection: one(query, 'sort_dir') === 'desc' ? 'desc' : 'asc',
    marker: one(query, 'marker'),
    limit: limitOf(query),
  };
}

/** Nova: `none` lists all, what is absent the public ones. */
function publicity(text: string | undefined): boolean | null {
  if (text === undefined) return true;
  if (/^none$/i.test(text)) return null;
  if (/^(true|1|yes|on|t|y)$/i.test(text)) return true;
  if (/^(false|0|no|off|f|n)$/i.test(text)) return false;
  throw new BodyError('is_public', text, 'true, false or none is expected');
}
