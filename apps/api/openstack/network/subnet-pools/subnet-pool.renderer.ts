import type { SubnetPool } from '#libs/networking/subnet-pools/subnet-pool.entity';
import { commonFields } from '../http/common-fields.js';

/** Neutron API: subnetpool. Lengths of prefixes are shown as text, as Neutron does. */
export function renderSubnetPool(pool: SubnetPool) {
  return {
    ...commonFields(pool),
    ip_version: pool.ipVersion,
    prefixes: pool.prefixes,
    default_prefixlen: String(pool.defaultPrefix),
    min_prefixlen: String(pool.minPrefix),
    max_prefixlen: String(pool.maxPrefix),
    default_quota: pool.defaultQuota,
    shared: pool.shared,
    is_default: pool.isDefault,
    address_scope_id: null,
  };
}
