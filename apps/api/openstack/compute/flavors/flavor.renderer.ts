import type { Flavor } from '#libs/compute/flavors/flavor.entity';
import { flavorLinks } from '../http/links.js';
import type { Microversion } from '../http/microversion.js';

interface FlavorContext {
  version: Microversion;
  base: string;
}

/** An entry of GET /flavors. */
export function renderFlavorSummary({ id, name, description }: Flavor, { version, base }: FlavorContext) {
  return { id, name, links: flavorLinks(base, id), ...(version >= 55 && { description }) };
}

/** Nova API: flavor of GET /flavors/detail and GET /flavors/{id}. */
export function renderFlavor(flavor: Flavor, context: FlavorContext) {
  return {
    ...renderFlavorSummary(flavor, context),
    vcpus: flavor.vcpus,
    ram: flavor.ramMb,
    disk: flavor.diskGb,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    swap: context.version >= 75 ? 0 : '',
    rxtx_factor: 1,
    'os-flavor-access:is_public': flavor.isPublic,
    ...(context.version >= 61 && { extra_specs: flavor.extraSpecs }),
  };
}
