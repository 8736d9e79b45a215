import type { RouterInterface } from '#libs/networking/routers/router-interfaces.service';
import type { RouterView } from '#libs/networking/routers/routers.service';
import { commonFields } from '../http/common-fields.js';

/** Neutron API: router. Only administrators see `distributed` and `ha`. */
export function renderRouter(router: RouterView) {
  const kind = { distributed: true, ha: false };
  return {
    ...commonFields(router),
    status: 'ACTIVE',
    admin_state_up: router.adminStateUp,
    external_gateway_info: null,
    routes: router.routes,
    flavor_id: null,
    availability_zones: ['nova'],
    availability_zone_hints: [],
    ...(router.showsKind ? kind : {}),
  };
}

/** Neutron API: the answer to add_router_interface and remove_router_interface. */
export function renderInterface({ router, port }: RouterInterface) {
  const subnetIds = port.fixedIps.map((ip) => ip.subnet_id);
  return {
    id: router.id,
    project_id: router.projectId,
    tenant_id: router.projectId,
    port_id: port.id,
    network_id: port.networkId,
    subnet_id: subnetIds[0],
    subnet_ids: subnetIds,
    tags: [],
  };
}
