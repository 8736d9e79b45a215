import { Module } from '@nestjs/common';
import { ImageBlobs } from './image-blobs.js';
import { ImageSweep } from './image-sweep.js';
import { Images } from './images.service.js';
import { UnownedBlobs } from './unowned-blobs.js';

const services = [ImageBlobs, Images, ImageSweep, UnownedBlobs];

/** The importing app also imports DatabaseModule. */
@Module({ providers: services, exports: services })
export class ImagesModule {}
