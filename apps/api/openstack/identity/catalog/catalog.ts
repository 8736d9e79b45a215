import { publicUrl } from '#apps/api/http/public-url';

interface ServiceEntry {
  id: string;
  type: string;
  name: string;
  path: string;
}

/** The only region. */
export const REGION = 'RegionOne';

const services: ServiceEntry[] = [
  { id: 'identity', type: 'identity', name: 'keystone', path: '/identity' },
  { id: 'compute', type: 'compute', name: 'nova', path: '/compute/v2.1' },
  { id: 'image', type: 'image', name: 'glance', path: '/image' },
  { id: 'network', type: 'network', name: 'neutron', path: '/networking' },
  { id: 'placement', type: 'placement', name: 'placement', path: '/placement' },
];
export const interfaces = ['public', 'internal', 'admin'] as const;

/** Keystone API: the catalog of a token: services with their endpoints. */
export function catalog() {
  return services.map(({ id, type, name, path }) => ({
    id,
    type,
    name,
    endpoints: interfaces.map((face) => ({
      id: `${id}-${face}`,
      interface: face,
      region: REGION,
      region_id: REGION,
      url: `${publicUrl()}${path}`,
    })),
  }));
}

/** Keystone API: /v3/services. */
export const renderServices = () =>
  services.map(({ id, type, name }) => ({
    id,
    type,
    name,
    description: '',
    enabled: true,
    links: { self: `${publicUrl()}/identity/v3/services/${id}` },
  }));

/** Keystone API: /v3/endpoints. */
export const renderEndpoints = () =>
  catalog().flatMap(({ id: service_id, endpoints }) =>
    endpoints.map((endpoint) => ({
      ...endpoint,
      service_id,
      enabled: true,
      links: { self: `${publicUrl()}/identity/v3/endpoints/${endpoint.id}` },
    })),
  );
