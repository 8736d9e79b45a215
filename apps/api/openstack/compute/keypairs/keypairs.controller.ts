import { Body, Delete, Get, Param, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { KeyPairs } from '#libs/compute/key-pairs/key-pairs';
import type { KeyPair } from '#libs/compute/key-pairs/key-pair.entity';
import { Takes } from '#apps/api/http/body/body-schema';
import { parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { nextLinks } from '../http/links.js';
import type { Microversion } from '../http/microversion.js';
import { renderTime } from '../http/times.js';
import { CreateKeypairDto } from './keypair.dto.js';

/** Nova API: /os-keypairs */
@ComputeController('os-keypairs')
export class KeypairsController {
  constructor(private readonly keyPairs: KeyPairs) {}

  @Post()
  @Takes('keypair', CreateKeypairDto)
  async create(
    @Compute() request: ComputeRequest,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { version } = request;
    const dto = parseBody(CreateKeypairDto, unwrap(body, 'keypair'), { version });
    const userId = userOf(request, dto.user_id);
    const wanted = { userId, name: dto.name, type: dto.type ?? 'ssh', publicKey: dto.public_key } as const;
    const { keyPair, privateKey } = await this.keyPairs.create(request.caller, wanted);
    response.status(version >= 2 ? 201 : 200);
    return {
      keypair: { ...render(keyPair, version), user_id: userId, ...(privateKey && { private_key: privateKey }) },
    };
  }

  @Get()
  async list(@Compute() request: ComputeRequest) {
    const { query, version } = request;
    if (version >= 75) requireKnown(query, ['user_id', 'limit', 'marker']);
    const limit = limitOf(query);
    const marker = version >= 35 ? one(query, 'marker') : undefined;
    const found = await this.keyPairs.list(request.caller, userOf(request, one(query, 'user_id')), limit, marker);
    const pages = found.map(({ name }) => ({ id: name }));
    const next = version >= 35 ? nextLinks(request.url, query, pages, limit) : [];
    return {
      keypairs: found.map((one) => ({ keypair: render(one, version) })),
      ...(next.length && { keypairs_links: next }),
    };
  }

  @Get(':name')
  async show(@Compute() request: ComputeRequest, @Param('name') name: string) {
    const keyPair = await this.keyPairs.get(request.caller, userOf(request, one(request.query, 'user_id')), name);
    const { serial, userId, createdAt } = keyPair;
    const record = { id: serial, user_id: userId, created_at: renderTime(createdAt, 'micro') };
    return {
      keypair: { ...render(keyPair, request.version), ...record, deleted: false, deleted_at: null, updated_at: null },
    };
  }

  @Delete(':name')
  async delete(
    @Compute() request: ComputeRequest,
    @Param('name') name: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.keyPairs.delete(request.caller, userOf(request, one(request.query, 'user_id')), name);
    response.status(request.version >= 2 ? 204 : 202);
  }
}

/** The user whose pairs are meant: the caller or, from 2.10 on, the user that is named. */
function userOf({ caller, version }: ComputeRequest, named: string | undefined): string {
  return version >= 10 && named !== undefined ? named : caller.userId;
}

function render({ name, publicKey, fingerprint, type }: KeyPair, version: Microversion) {
  return { name, public_key: publicKey, fingerprint, ...(version >= 2 && { type }) };
}
