import { Module } from '@nestjs/common';
import { ImagesModule } from '#libs/images/images.module';
import { ControlPlaneServers } from './control-plane.server.js';
import { ImageDownload } from './image-download.js';

@Module({ imports: [ImagesModule], providers: [ControlPlaneServers, ImageDownload] })
export class ControlPlaneModule {}
