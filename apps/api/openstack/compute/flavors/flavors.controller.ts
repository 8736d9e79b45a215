import { Body, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { Flavors } from '#libs/compute/flavors/flavors';
import type { FlavorFilter } from '#libs/compute/flavors/flavors';
import { Takes } from '#apps/api/http/body/body-schema';
import { parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { booleanOf } from '#apps/api/http/input/booleans';
import { InputError } from '#apps/api/http/input/input-error';
import { directionOf, limitOf } from '#apps/api/http/query/paging';
import { integerIn, one, requireKnown } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';
import { nextLinks } from '../http/links.js';
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
    return { flavor: renderFlavor(await this.flavors.show(request.caller, id), request) };
  }

  @Post()
  @Takes('flavor', CreateFlavorDto)
  @HttpCode(200)
  async create(@Compute() request: ComputeRequest, @Body() body: unknown) {
    const dto = parseBody(CreateFlavorDto, unwrap(body, 'flavor'), { version: request.version });
    const flavor = await this.flavors.create(request.caller, {
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
    const { description } = parseBody(UpdateFlavorDto, unwrap(body, 'flavor'), { version: request.version });
    return { flavor: renderFlavor(await this.flavors.describe(request.caller, id, description ?? null), request) };
  }

  @Delete(':id')
  @HttpCode(202)
  async delete(@Compute() request: ComputeRequest, @Param('id') id: string): Promise<void> {
    await this.flavors.delete(request.caller, id);
  }

  private async page({ caller, query, url, version }: ComputeRequest) {
    requireFields(version, query);
    const filter = filterOf(query);
    const found = await this.flavors.list(caller, filter);
    return { found, next: nextLinks(url, query, found, filter.limit) };
  }
}

/** Nova API: schemas/flavors.py. */
function requireFields(version: Microversion, query: Query): void {
  if (version >= 75) requireKnown(query, ['limit', 'marker', 'is_public', 'minRam', 'minDisk', 'sort_key', 'sort_dir']);
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
  if (!sortKey) throw new InputError('sort_key', key, `one of ${Object.keys(sortKeys).join(', ')} is expected`);
  return {
    isPublic: publicity(one(query, 'is_public')),
    minRamMb: integerIn(query, 'minRam'),
    minDiskGb: integerIn(query, 'minDisk'),
    sortKey,
    sortDirection: directionOf(one(query, 'sort_dir'), 'asc'),
    marker: one(query, 'marker'),
    limit: limitOf(query),
  };
}

/** Nova API: is_public. `none` lists all flavors; absent: the public ones. */
function publicity(text: string | undefined): boolean | null {
  if (text === undefined) return true;
  if (/^none$/i.test(text)) return null;
  const value = booleanOf(text);
  if (value !== undefined) return value;
  throw new InputError('is_public', text, 'true, false or none is expected');
}
