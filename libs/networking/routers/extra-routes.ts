import type { EntityManager } from 'typeorm';
import { InvalidInputError } from '#libs/common/errors';
import { contains, parseAddress, parseCidr, renderAddress, renderCidr } from '../subnets/cidr.js';
import type { HostRoute } from '../subnets/subnet.entity.js';

/** Neutron's default of max_routes. */
const MOST_ROUTES = 30;

/** A subnet of a router, and the router's address on it. */
interface RouterSubnet {
  id: string;
  cidr: string;
  address: string;
}

/** The subnets of the router's interfaces. Index ports_of_router. */
export function subnetsOfRouter(tx: EntityManager, routerId: string): Promise<RouterSubnet[]> {
  return tx.query(
    `SELECT s.id, s.cidr, host(a.ip_address) AS address FROM ports p
       JOIN ip_allocations a ON a.port_id = p.id JOIN subnets s ON s.id = a.subnet_id
      WHERE p.router_id = $1`,
    [routerId],
  );
}

/**
 * The routes in canonical form. Throws InvalidInputError for more than 30 of them, a destination twice with the same
 * next hop, and for a next hop that is on no subnet of the router or is the router's own address (Neutron:
 * InvalidRoutes).
 */
export async function checkedRoutes(
  tx: EntityManager,
  routerId: string,
  routes: readonly HostRoute[],
): Promise<HostRoute[]> {
  if (routes.length > MOST_ROUTES) throw new InvalidInputError('routes', `at most ${MOST_ROUTES} routes`);
  if (!routes.length) return [];
  const interfaces = await subnetsOfRouter(tx, routerId);
  return routes.map((route) => checkedRoute(route, interfaces));
}

/** Whether a route's next hop lies on the subnet. */
export function leadsThrough(routes: readonly HostRoute[], cidr: string): boolean {
  const range = parseCidr('cidr', cidr);
  return routes.some(({ nexthop }) => {
    const { version, value } = parseAddress('nexthop', nexthop);
    return contains(range, version, value);
  });
}

function checkedRoute({ destination, nexthop }: HostRoute, interfaces: readonly RouterSubnet[]): HostRoute {
  const to = parseCidr('routes.destination', destination, 0);
  const { version, value } = parseAddress('routes.nexthop', nexthop);
  if (to.version !== version) throw new InvalidInputError('routes', 'destination and nexthop of one IP version');
  const next = renderAddress(version, value);
  if (!interfaces.some(({ cidr }) => contains(parseCidr('cidr', cidr), version, value)))
    throw new InvalidInputError('routes', `routes whose nexthop is connected with the router, not ${next}`);
  if (interfaces.some(({ address }) => parseAddress('address', address).value === value))
    throw new InvalidInputError('routes', `routes whose nexthop is not used by the router, not ${next}`);
  return { destination: renderCidr(to), nexthop: next };
}
