import type { Caller } from '#libs/common/caller';
import { ForbiddenError } from '#libs/common/errors';
import { allows } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { networkTarget } from '../network-target.js';

/** What a request sets on a port; absent fields are not set. */
export interface PortAttributes {
  projectId?: string;
  macAddress?: string;
  /** Only items that name an address count, not those that name a subnet alone. */
  fixedIps?: readonly { address?: string }[];
  portSecurityEnabled?: boolean;
  deviceOwner?: string;
  allowedAddressPairs?: readonly object[];
  /** Neutron API: binding:host_id. */
  host?: string;
}

type Action = 'create_port' | 'update_port';
type PortAttribute =
  | 'project_id'
  | 'binding:host_id'
  | 'mac_address'
  | 'fixed_ips:ip_address'
  | 'port_security_enabled'
  | 'device_owner'
  | 'allowed_address_pairs';

/** Neutron's policy: network_device. In any case: databases compare device owners without it. */
const NETWORK_DEVICE = /^network:/i;

const ownerOnly = "only the network's owner or an admin may set it";

/**
 * Neutron's default policy of who may set what on a port: on a shared network of another project, a port keeps the MAC,
 * addresses and port security that it is given. Throws ForbiddenError with the rule's name.
 */
export function requireMaySet(
  caller: Caller,
  network: { projectId: string },
  action: Action,
  wanted: PortAttributes,
): void {
  const target = networkTarget({ ...network, shared: false }, { projectId: wanted.projectId ?? caller.projectId });
  const require = (attribute: PortAttribute, isSet: boolean | undefined, why: string) => {
    const rule: RuleName = `${action}:${attribute}`;
    if (isSet && !allows(caller, rule, target))
      throw new ForbiddenError(`rule:${rule} is disallowed by policy: ${why}.`);
  };
  const other = wanted.projectId !== undefined && wanted.projectId !== caller.projectId;
  require('project_id', other, 'only an admin may make a port for another project');
  require('binding:host_id', Boolean(wanted.host), 'only an admin may bind a port to a host');
  const unbinds = wanted.host !== undefined && action === 'update_port';
  require('binding:host_id', unbinds, 'only an admin may unbind a port from its host');
  require('mac_address', wanted.macAddress !== undefined, ownerOnly);
  require('fixed_ips:ip_address', wanted.fixedIps?.some(({ address }) => address !== undefined), ownerOnly);
  require('port_security_enabled', wanted.portSecurityEnabled !== undefined, ownerOnly);
  require('allowed_address_pairs', Boolean(wanted.allowedAddressPairs?.length), ownerOnly);
  require('device_owner', NETWORK_DEVICE.test(wanted.deviceOwner ?? ''), `${ownerOnly} to network:*`);
}
