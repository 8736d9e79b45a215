import type { NetworkView } from '#libs/networking/networks/networks.service';
import type { Port } from '#libs/networking/ports/port.entity';
import type { Router } from '#libs/networking/routers/router.entity';
import type { Subnet } from '#libs/networking/subnets/subnet.entity';

const time = (at: Date) => at.toISOString().replace(/\.\d+Z$/, 'Z');

/** Neutron API: the fields that every resource shows. */
export function commonFields({
  id,
  name,
  description,
  projectId,
  createdAt,
  updatedAt,
}: Subnet | Port | NetworkView | Router) {
  const owner = { project_id: projectId, tenant_id: projectId };
  return {
    id,
    name,
    description,
    ...owner,
    created_at: time(createdAt),
    updated_at: time(updatedAt),
    revision_number: 1,
    tags: [],
  };
}
