import type { Caller } from '#libs/common/caller';
import { ForbiddenError } from '#libs/common/errors';

/** What a request sets on a port; a field that is left out is not set. */
export interface PortAttributes {
  projectId?: string;
  macAddress?: string;
  /** With an address, not only a subnet. */
  fixedIps?: readonly { address?: string }[];
  portSecurityEnabled?: boolean;
  deviceOwner?: string;
  /** Neutron API: binding:host_id. */
  host?: string;
}

type Action = 'create_port' | 'update_port';

const ownerOnly = "only the network's owner or an admin may set it";

/**
 * Who may set what on a port of this network, as Neutron's default policy has it: on somebody else's (shared) network a
 * port takes the MAC, the addresses and the protection it is given. Throws ForbiddenError with the rule's name.
 */
export function requireMaySet(
  caller: Caller,
  network: { projectId: string },
  action: Action,
  wanted: PortAttributes,
): void {
  if (caller.isAdmin) return;
  const refuse = (attribute: string, why: string): never => {
    throw new ForbiddenError(`rule:${action}:${attribute} is disallowed by policy: ${why}.`);
  };
  if (wanted.projectId !== undefined && wanted.projectId !== caller.projectId)
    refuse('project_id', 'only an admin may make a port for another project');
  if (wanted.host) refuse('binding:host_id', 'only an admin may bind a port to a host');
  if (wanted.host !== undefined && action === 'update_port')
    refuse('binding:host_id', 'only an admin may unbind a port from its host');
  if (network.projectId === caller.projectId) return;
  if (wanted.macAddress !== undefined) refuse('mac_address', ownerOnly);
  if (wanted.fixedIps?.some(({ address }) => address !== undefined)) refuse('fixed_ips:ip_address', ownerOnly);
  if (wanted.portSecurityEnabled !== undefined) refuse('port_security_enabled', ownerOnly);
  if (wanted.deviceOwner?.startsWith('network:')) refuse('device_owner', `${ownerOnly} to network:*`);
}
