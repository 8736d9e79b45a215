import { Module } from '@nestjs/common';
import { Ports } from './ports/ports.service.js';
import { HostNetworks } from './views/host-networks.js';

/** Wants DatabaseModule and OperationsModule beside it. */
@Module({ providers: [Ports, HostNetworks], exports: [Ports, HostNetworks] })
export class NetworkingModule {}
