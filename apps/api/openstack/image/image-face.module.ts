import { Module } from '@nestjs/common';
import { ErrorForms } from '#apps/api/http/error-forms';
import { ImagesModule } from '#libs/images/images.module';
import { ImagesController } from './images/images.controller.js';
import { ImageSchemasController } from './schemas/schemas.controller.js';
import { ImageErrors } from './http/image.errors.js';

/** Glance v2 under /image. */
@Module({ imports: [ImagesModule], controllers: [ImageSchemasController, ImagesController] })
export class ImageFaceModule {
  constructor(forms: ErrorForms) {
    forms.register('/image', new ImageErrors());
  }
}
