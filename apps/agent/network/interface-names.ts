import { UUID, requireName } from '#libs/common/names';

/** Interface names have 15 characters at most (IFNAMSIZ); a VNI has 24 bits, so 8 digits. */
export const bridgeOf = (vni: number): string => `lxb${requireVni(vni)}`;
export const vxlanOf = (vni: number): string => `lxv${requireVni(vni)}`;
/** The DHCP server's own network namespace and the bridge's side of the veth into it. */
export const dhcpOf = (vni: number): string => `lxd${requireVni(vni)}`;

/** The host's side of a port's veth. */
export const hostVethName = (portId: string): string => `lx${digits(portId)}`;
/** The inner side of an access port in the host's own namespace. */
export const accessPortName = (portId: string): string => `lp${digits(portId)}`;
/** Holds a port's frames while its instance is on its way here. */
export const holdName = (portId: string): string => `lxh${digits(portId)}`;

function digits(portId: string): string {
  return requireName('port_id', portId, UUID, 'a UUID').replaceAll('-', '').slice(0, 12);
}

function requireVni(vni: number): number {
  if (!Number.isInteger(vni) || vni < 1 || vni > 0xffffff) throw new RangeError(`VNI ${vni} is not within 1..16777215`);
  return vni;
}
