import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { boolean, text } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { NetworkAgents } from '#libs/networking/agents/network-agents.service';
import { adminState, neutronItems, neutronList } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { renderAgent } from './agent.renderer.js';

const texts = ['agent_type', 'availability_zone', 'binary', 'host', 'topic'];

const filters: NeutronFilters = {
  columns: {
    admin_state_up: adminState,
    alive: boolean('alive'),
    ...Object.fromEntries(texts.map((name) => [name, text(name)])),
  },
};

/** Neutron API: /v2.0/agents. They are shown only: hosts are disabled as Nova's services. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/agents')
export class AgentsController {
  constructor(private readonly agents: NetworkAgents) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const agents = (await this.agents.list(caller)).map(renderAgent);
    return neutronList('agents', query, neutronItems('Agent', query, filters, agents));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { agent: renderAgent(await this.agents.get(caller, id)) };
  }
}
