import { Module } from '@nestjs/common';
import { ImageBlobs } from './image-blobs.js';
import { ImageSweep } from './image-sweep.js';
import { Images } from './images.service.js';
import { UnownedBlobs } from './unowned-blobs.js';

const services = [ImageBlobs, Images, ImageSweep, UnownedBlobs];

/** Wants DatabaseModule beside it. */
@Module({ providers: services, exports: services })
export class ImagesModule {}
