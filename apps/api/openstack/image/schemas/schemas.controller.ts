import { Controller, Get, HttpCode, UseFilters } from '@nestjs/common';
import { Open } from '#apps/api/http/access';
import { publicUrl } from '#apps/api/http/public-url';
import { containerFormats, diskFormats, readOnly, visibilities } from '../images/image-fields.js';
import { ImageErrors } from '../http/image.errors.js';

const versions = () => ({
  versions: ['v2.9', 'v2.5', 'v2.4', 'v2.3', 'v2.2', 'v2.1', 'v2.0'].map((id, n) => ({
    id,
    status: n === 0 ? 'CURRENT' : 'SUPPORTED',
    links: [{ rel: 'self', href: `${publicUrl()}/image/v2/` }],
  })),
});

const writable = {
  id: { type: 'string', description: 'An identifier for the image' },
  name: { type: ['null', 'string'], maxLength: 255 },
  visibility: { type: 'string', enum: visibilities },
  container_format: { type: ['null', 'string'], enum: [null, ...containerFormats] },
  disk_format: { type: ['null', 'string'], enum: [null, ...diskFormats] },
  min_disk: { type: 'integer' },
  min_ram: { type: 'integer' },
  protected: { type: 'boolean' },
  os_hidden: { type: 'boolean' },
  owner: { type: ['null', 'string'] },
  tags: { type: 'array', items: { type: 'string', maxLength: 255 } },
};

const imageSchema = () => ({
  name: 'image',
  properties: {
    ...Object.fromEntries(readOnly.map((name) => [name, { type: ['null', 'string', 'integer'], readOnly: true }])),
    ...writable,
  },
  additionalProperties: { type: 'string' },
  links: [{ rel: 'self', href: '{self}' }],
});

/**
 * Glance API: versions, schemas, and information on stores and imports. There is one store, and data is uploaded
 * directly.
 */
@Open()
@UseFilters(ImageErrors)
@Controller('image')
export class ImageSchemasController {
  @Get()
  @HttpCode(300)
  list() {
    return versions();
  }

  @Get(['versions', 'v2'])
  show() {
    return versions();
  }

  @Get('v2/schemas/image')
  image() {
    return imageSchema();
  }

  @Get('v2/schemas/images')
  images() {
    return { name: 'images', properties: { images: { type: 'array', items: imageSchema() } } };
  }

  @Get('v2/info/import')
  importMethods() {
    return { 'import-methods': { description: 'Import methods available.', type: 'array', value: [] } };
  }

  @Get('v2/info/stores')
  stores() {
    return { stores: [{ id: 'blobs', default: 'true' }] };
  }
}
