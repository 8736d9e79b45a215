import { Global, Module } from '@nestjs/common';
import { Agents } from './agents/agents.service.js';
import { Hosts } from './hosts/hosts.service.js';
import { JoinTokens } from './join-tokens/join-tokens.service.js';
import { Leases } from './leases/leases.service.js';

/** Hosts, their leases, the way in and the agents' client. Wants DatabaseModule beside it. */
@Global()
@Module({ providers: [Agents, Hosts, JoinTokens, Leases], exports: [Agents, Hosts, JoinTokens, Leases] })
export class FleetModule {}
