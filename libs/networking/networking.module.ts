import { Module } from '@nestjs/common';
import { Networks } from './networks/networks.service.js';
import { InstancePorts } from './ports/instance-ports.service.js';
import { UserPorts } from './ports/user-ports.service.js';
import { Subnets } from './subnets/subnets.service.js';
import { HostNetworks } from './views/host-networks.js';

const services = [Networks, Subnets, InstancePorts, UserPorts, HostNetworks];

/** Wants DatabaseModule and OperationsModule beside it. */
@Module({ providers: services, exports: services })
export class NetworkingModule {}
