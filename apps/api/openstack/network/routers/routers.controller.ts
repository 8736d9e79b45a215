import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes, TakesBare } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { RouterInterfaces } from '#libs/networking/routers/router-interfaces.service';
import { Routers } from '#libs/networking/routers/routers.service';
import type { NewRouter } from '#libs/networking/routers/routers.service';
import { IfMatch } from '../http/if-match.js';
import { adminState, neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { requireUnchanged } from '../http/require-unchanged.js';
import { ExtraRoutesBody, InterfaceBody, RouterBody } from './router.dto.js';
import { renderInterface, renderRouter } from './router.renderer.js';

const filters: NeutronFilters = {
  standard: true,
  columns: { admin_state_up: adminState },
  constants: { status: 'ACTIVE', flavor_id: null },
};

/** Neutron API: /v2.0/routers. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/routers')
export class RoutersController {
  constructor(
    private readonly routers: Routers,
    private readonly interfaces: RouterInterfaces,
  ) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const rows = page ? await this.routers.list(caller, page) : [];
    return neutronList('routers', query, rows.map(renderRouter));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { router: renderRouter(await this.routers.get(caller, id)) };
  }

  @Post()
  @Takes('router', RouterBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const parsed = parseBody(RouterBody, unwrap(body, 'router'), { path: 'router' });
    if (parsed.routes?.length) throw new InvalidInputError('router.routes', 'none at POST: PUT sets extra routes');
    const wanted = { ...routerOf(parsed), ...given({ projectId: parsed.project_id ?? parsed.tenant_id }) };
    return { router: renderRouter(await this.routers.create(caller, wanted)) };
  }

  @Put(':id')
  @Takes('router', RouterBody)
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
    @IfMatch() revision?: number,
  ) {
    const parsed = parseBody(RouterBody, unwrap(body, 'router'), { path: 'router' });
    requireUnchanged(parsed, ['project_id', 'tenant_id']);
    const routes = parsed.routes === null ? [] : parsed.routes;
    const change = { ...routerOf(parsed), ...given({ routes }) };
    return { router: renderRouter(await this.routers.update(caller, id, change, revision)) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string, @IfMatch() revision?: number) {
    await this.routers.delete(caller, id, revision);
  }

  @Put(':id/add_router_interface')
  @TakesBare(InterfaceBody)
  async addInterface(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown) {
    return renderInterface(await this.interfaces.add(caller, id, choiceOf(body)));
  }

  @Put(':id/remove_router_interface')
  @TakesBare(InterfaceBody)
  async removeInterface(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown) {
    return renderInterface(await this.interfaces.remove(caller, id, choiceOf(body)));
  }

  /** Neutron API: extension extraroute-atomic. */
  @Put(':id/add_extraroutes')
  @Takes('router', ExtraRoutesBody)
  async addRoutes(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown) {
    return { router: renderRouter(await this.routers.addRoutes(caller, id, routesOf(body))) };
  }

  /** Neutron API: extension extraroute-atomic. */
  @Put(':id/remove_extraroutes')
  @Takes('router', ExtraRoutesBody)
  async removeRoutes(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown) {
    return { router: renderRouter(await this.routers.removeRoutes(caller, id, routesOf(body))) };
  }
}

function choiceOf(body: unknown) {
  const { subnet_id: subnetId, port_id: portId } = parseBody(InterfaceBody, body, {});
  return given({ subnetId, portId });
}

const routesOf = (body: unknown) => parseBody(ExtraRoutesBody, unwrap(body, 'router'), { path: 'router' }).routes;

function routerOf(parsed: RouterBody): NewRouter {
  const { network_id } = parsed.external_gateway_info ?? {};
  // Neutron: BadRequest, "is not an external network".
  if (network_id !== undefined)
    throw new InvalidInputError('router.external_gateway_info.network_id', 'an external network: there is none');
  if (parsed.distributed === false)
    throw new InvalidInputError('router.distributed', 'true: routers are on every host');
  if (parsed.ha) throw new InvalidInputError('router.ha', 'false: routers are on every host');
  if (parsed.availability_zone_hints?.some((zone) => zone !== 'nova'))
    throw new InvalidInputError('router.availability_zone_hints', 'nova');
  const { name, description, admin_state_up: adminStateUp } = parsed;
  return given({ name, description, adminStateUp });
}
