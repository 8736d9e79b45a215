import { Module } from '@nestjs/common';
import { ImagesModule } from '#libs/images/images.module';
import { NetworkingModule } from '#libs/networking/networking.module';
import { AgentAdmission } from './agent-admission.js';
import { ControlPlaneServers } from './control-plane.server.js';
import { DesiredStateHandler } from './desired-state/desired-state.handler.js';
import { ImageDownload } from './image-download.js';

/** The gRPC servers for agents. The importing app also imports DatabaseModule, FleetModule and OperationsModule. */
@Module({
  imports: [ImagesModule, NetworkingModule],
  providers: [AgentAdmission, ControlPlaneServers, DesiredStateHandler, ImageDownload],
})
export class ControlPlaneModule {}
