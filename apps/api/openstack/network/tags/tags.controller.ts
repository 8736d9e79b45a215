import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import type { Caller } from '#libs/common/caller';
import { Tags } from '#libs/networking/tags/tags.service';
import { NetworkErrors } from '../http/network.errors.js';
import { TagsBody } from './tags.dto.js';
import { Noun, taggedPaths } from './tagged-nouns.js';
import type { TaggedNoun } from './tagged-nouns.js';

const allTags = taggedPaths('tags');
const oneTag = taggedPaths('tags/:tag');

/** Neutron API: /v2.0/{networks, subnets, ports, routers}/{id}/tags. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0')
export class TagsController {
  constructor(private readonly tags: Tags) {}

  @Get(allTags)
  async list(@CurrentCaller() caller: Caller, @Noun() noun: TaggedNoun, @Param('id') id: string) {
    return { tags: await this.tags.list(caller, noun, id) };
  }

  @Put(allTags)
  @TakesBare(TagsBody)
  async replace(
    @CurrentCaller() caller: Caller,
    @Noun() noun: TaggedNoun,
    @Param('id') id: string,
    @Body() body: unknown,
  ) {
    return { tags: await this.tags.replace(caller, noun, id, parseBody(TagsBody, body).tags) };
  }

  @Post(allTags)
  @HttpCode(200)
  @TakesBare(TagsBody)
  async add(@CurrentCaller() caller: Caller, @Noun() noun: TaggedNoun, @Param('id') id: string, @Body() body: unknown) {
    return { tags: await this.tags.add(caller, noun, id, parseBody(TagsBody, body).tags, 'create') };
  }

  @Delete(allTags)
  @HttpCode(204)
  async clear(@CurrentCaller() caller: Caller, @Noun() noun: TaggedNoun, @Param('id') id: string) {
    await this.tags.clear(caller, noun, id);
  }

  @Get(oneTag)
  @HttpCode(204)
  async check(
    @CurrentCaller() caller: Caller,
    @Noun() noun: TaggedNoun,
    @Param('id') id: string,
    @Param('tag') tag: string,
  ) {
    await this.tags.require(caller, noun, id, tag);
  }

  @Put(oneTag)
  @HttpCode(201)
  async put(
    @CurrentCaller() caller: Caller,
    @Noun() noun: TaggedNoun,
    @Param('id') id: string,
    @Param('tag') tag: string,
  ) {
    await this.tags.add(caller, noun, id, [tag], 'update');
  }

  @Delete(oneTag)
  @HttpCode(204)
  async remove(
    @CurrentCaller() caller: Caller,
    @Noun() noun: TaggedNoun,
    @Param('id') id: string,
    @Param('tag') tag: string,
  ) {
    await this.tags.remove(caller, noun, id, tag);
  }
}
