import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { json } from 'express';
import { ErrorForms } from '#apps/api/http/error-forms';
import { ImagesModule } from '#libs/images/images.module';
import { ImagesController } from './images.controller.js';
import { ImageSchemasController } from './schemas.controller.js';
import { ImageErrors } from './image.errors.js';

/** Glance v2 under /image. */
@Module({ imports: [ImagesModule], controllers: [ImageSchemasController, ImagesController] })
export class ImageFaceModule implements NestModule {
  constructor(forms: ErrorForms) {
    forms.register('/image', new ImageErrors());
  }

  configure(consumer: MiddlewareConsumer): void {
    // Also the older v2.0 form; both are JSON.
    consumer
      .apply(
        json({
          type: (request) =>
            /^application\/openstack-images-v2\.\d+-json-patch/.test(request.headers['content-type'] ?? ''),
          limit: '1mb',
        }),
      )
      .forRoutes('image/v2/images/:id');
  }
}
