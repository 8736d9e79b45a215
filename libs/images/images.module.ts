import { Module } from '@nestjs/common';
import { ImageBlobs } from './image-blobs.js';
import { ImageSweep } from './image-sweep.js';
import { Images } from './images.service.js';

const services = [ImageBlobs, Images, ImageSweep];

/** Wants DatabaseModule beside it. */
@Module({ providers: services, exports: services })
export class ImagesModule {}
