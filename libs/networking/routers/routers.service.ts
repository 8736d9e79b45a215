import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { allows, requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { visiblePage } from '../visible-page.js';
import type { HostRoute } from '../subnets/subnet.entity.js';
import { checkedRoutes } from './extra-routes.js';
import { requireRevision, standardColumns } from '../standard-attributes.js';
import { RouterInUseError } from './router.errors.js';
import { Router } from './router.entity.js';

export type RouterChange = Partial<Pick<Router, 'name' | 'description' | 'adminStateUp' | 'routes'>>;
export type NewRouter = Omit<RouterChange, 'routes'> & Partial<Pick<Router, 'projectId'>>;

/** A router and what of it the caller may see. */
export type RouterView = Router & {
  /** Whether `distributed` and `ha` are shown. */
  showsKind: boolean;
};

const columns = { ...standardColumns, admin_state_up: 'x.admin_state_up' };

/** Routers as users see them (Neutron API: /v2.0/routers). */
@Injectable()
export class Routers {
  constructor(private readonly database: DataSource) {}

  /** One page of the routers of the caller's project; of all projects for administrators. */
  async list(caller: Caller, request: PageRequest): Promise<RouterView[]> {
    const read = (one: PageRequest) => this.read(caller, one);
    const may = (router: Router) => allows(caller, 'get_router', targetOf(router));
    return (await permittedPage(request, read, may)).map((router) => viewOf(caller, router));
  }

  private read(caller: Caller, request: PageRequest): Promise<Router[]> {
    const query = this.database.manager.createQueryBuilder(Router, 'x');
    return visiblePage('Router', query, caller, columns, request);
  }

  /** Throws NotFoundError, also for a router of another project. */
  async get(caller: Caller, id: string): Promise<RouterView> {
    return viewOf(caller, await findRouter(this.database.manager, caller, id, false));
  }

  /** Neutron API: POST /routers. Throws PolicyDeniedError. */
  async create(caller: Caller, wanted: NewRouter): Promise<RouterView> {
    const projectId = wanted.projectId ?? caller.projectId;
    requireAllowed(caller, 'create_router', { project_id: projectId });
    const { manager } = this.database;
    const row = manager.create(Router, { name: '', routes: [], ...wanted, id: newId(), projectId });
    return viewOf(caller, await manager.save(row));
  }

  /**
   * Neutron API: PUT /routers/{id}. `routes` replaces all extra routes. Throws NotFoundError, PolicyDeniedError, and
   * InvalidInputError for a next hop that lies on no subnet of the router; RevisionMismatchError.
   */
  async update(caller: Caller, id: string, change: RouterChange, revision?: number): Promise<RouterView> {
    return this.change(caller, id, 'update_router', async (tx, router) => {
      await requireRevision(tx, Router, id, revision);
      return apply(tx, router, change);
    });
  }

  /** Neutron API: add_extraroutes. Routes that the router has already stay once. Throws as `update`. */
  async addRoutes(caller: Caller, id: string, added: readonly HostRoute[]): Promise<RouterView> {
    return this.change(caller, id, 'add_extraroutes', async (tx, router) => {
      const wanted = await checkedRoutes(tx, id, [...router.routes, ...added]);
      return apply(tx, router, { routes: [...new Map(wanted.map((route) => [keyOf(route), route])).values()] });
    });
  }

  /** Neutron API: remove_extraroutes. Routes that the router does not have are a success. Throws as `update`. */
  async removeRoutes(caller: Caller, id: string, removed: readonly HostRoute[]): Promise<RouterView> {
    const gone = new Set(removed.map(keyOf));
    return this.change(caller, id, 'remove_extraroutes', (tx, router) =>
      apply(tx, router, { routes: router.routes.filter((route) => !gone.has(keyOf(route))) }),
    );
  }

  /** Neutron API: DELETE /routers/{id}. Throws NotFoundError, PolicyDeniedError, RouterInUseError, RevisionMismatchError. */
  async delete(caller: Caller, id: string, revision?: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const router = await findRouter(tx, caller, id, true);
      requireAllowed(caller, 'delete_router', targetOf(router));
      await requireRevision(tx, Router, id, revision);
      // Index ports_of_router.
      const used = await tx.query<unknown[]>('SELECT 1 FROM ports WHERE router_id = $1 LIMIT 1', [id]);
      if (used.length) throw new RouterInUseError(id);
      await tx.delete(Router, { id });
    });
  }

  private change(
    caller: Caller,
    id: string,
    rule: RuleName,
    work: (tx: EntityManager, router: Router) => Promise<Router>,
  ): Promise<RouterView> {
    return this.database.transaction(async (tx) => {
      const router = await findRouter(tx, caller, id, true);
      requireAllowed(caller, rule, targetOf(router));
      return viewOf(caller, await work(tx, router));
    });
  }
}

/** The router, locked where `lock`. Throws NotFoundError, also for a router that the caller may not see. */
export async function findRouter(tx: EntityManager, caller: Caller, id: string, lock: boolean): Promise<Router> {
  const options = lock ? { lock: { mode: 'pessimistic_write' as const } } : {};
  const router = UUID.test(id) ? await tx.findOne(Router, { where: { id }, ...options }) : null;
  if (!router || !allows(caller, 'get_router', targetOf(router))) throw new NotFoundError('Router', id);
  return router;
}

const targetOf = ({ projectId }: Router) => ({ project_id: projectId });

function viewOf(caller: Caller, router: Router): RouterView {
  return Object.assign(router, { showsKind: allows(caller, 'get_router:distributed', targetOf(router)) });
}

async function apply(tx: EntityManager, router: Router, { routes, ...rest }: RouterChange): Promise<Router> {
  Object.assign(router, rest);
  if (routes) router.routes = await checkedRoutes(tx, router.id, routes);
  return tx.save(router);
}

const keyOf = ({ destination, nexthop }: HostRoute): string => `${destination} ${nexthop}`;
