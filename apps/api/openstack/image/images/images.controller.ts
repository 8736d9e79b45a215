import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseFilters,
} from '@nestjs/common';
import { StreamableFile } from '@nestjs/common';
import type { Response } from 'express';
import type { ApiRequest } from '#apps/api/http/api-request';
import { CurrentCaller } from '#apps/api/http/api-request';
import { limitOf, nextPage } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import { publicUrl } from '#apps/api/http/public-url';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { Images } from '#libs/images/images.service';
import { applyPatch, parseImage, setField } from './image-fields.js';
import { rangeOf } from './byte-range.js';
import { imageListOf } from './image-list.query.js';
import { ImageErrors } from '../http/image.errors.js';
import { renderImage } from './image.renderer.js';

/**
 * Milliseconds without data after which an upload is cut: less than the sweep waits before it takes an upload for dead.
 */
const UPLOAD_IDLE_MS = 60_000;

/** Glance API: /v2/images, their data and tags. */
@UseFilters(ImageErrors)
@Controller('image/v2/images')
export class ImagesController {
  constructor(private readonly images: Images) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const request = imageListOf(query);
    const images = request ? await this.images.list(caller, request) : [];
    const next = nextPage('/v2/images', query, images, limitOf(query));
    return {
      images: images.map(renderImage),
      first: '/v2/images',
      schema: '/v2/schemas/images',
      ...(next ? { next } : {}),
    };
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return renderImage(await this.images.get(caller, id));
  }

  @Post()
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown, @Res({ passthrough: true }) response: Response) {
    const { id, fields } = parseImage(body);
    const image = await this.images.create(caller, id, fields);
    response.set('Location', `${publicUrl()}/image/v2/images/${image.id}`);
    return renderImage(image);
  }

  @Patch(':id')
  async update(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() patch: unknown) {
    return renderImage(await this.images.update(caller, id, (present) => applyPatch(present, patch)));
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    await this.images.delete(caller, id);
  }

  @Put(':id/file')
  @HttpCode(204)
  async upload(@CurrentCaller() caller: Caller, @Param('id') id: string, @Req() request: ApiRequest) {
    request.setTimeout(UPLOAD_IDLE_MS, () => request.destroy());
    await this.images.upload(caller, id, request);
  }

  @Get(':id/file')
  async download(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Headers('range') header: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { image, blob, range } = await this.images.download(caller, id, (size) => {
      response.set({ 'Accept-Ranges': 'bytes' });
      return rangeOf(header, size);
    });
    if (!blob) return void response.status(204);
    const type = 'application/octet-stream';
    if (!range) {
      response.set({ 'Content-MD5': image.checksum ?? '' });
      return new StreamableFile(blob.stream, { type, length: blob.size });
    }
    const { start, end } = range;
    response.status(206).set({ 'Content-Range': `bytes ${start}-${end}/${blob.size}` });
    return new StreamableFile(blob.stream, { type, length: end - start + 1 });
  }

  @Put(':id/tags/:tag')
  @HttpCode(204)
  async addTag(@CurrentCaller() caller: Caller, @Param('id') id: string, @Param('tag') tag: string) {
    await this.images.update(caller, id, (image) => {
      setField(image, 'tags', [...image.tags, tag]);
      return image;
    });
  }

  @Delete(':id/tags/:tag')
  @HttpCode(204)
  async removeTag(@CurrentCaller() caller: Caller, @Param('id') id: string, @Param('tag') tag: string) {
    await this.images.update(caller, id, (image) => {
      if (!image.tags.includes(tag)) throw new NotFoundError('Tag', tag);
      return { ...image, tags: image.tags.filter((one) => one !== tag) };
    });
  }

  /** Glance API: members. Always empty: images cannot be shared with single projects. */
  @Get(':id/members')
  async members(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { members: await this.images.members(caller, id), schema: '/v2/schemas/members' };
  }
}
