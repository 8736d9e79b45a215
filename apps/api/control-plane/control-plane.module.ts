import { Module } from '@nestjs/common';
import { ControlPlaneServers } from './control-plane.server.js';
import { ImageDownload } from './image-download.js';

@Module({ providers: [ControlPlaneServers, ImageDownload] })
export class ControlPlaneModule {}
