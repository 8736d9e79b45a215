import { Module } from '@nestjs/common';
import { ImageBlobs } from './image-blobs.js';
import { Images } from './images.service.js';

/** Wants DatabaseModule beside it. */
@Module({ providers: [ImageBlobs, Images], exports: [ImageBlobs, Images] })
export class ImagesModule {}
