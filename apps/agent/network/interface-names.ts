import { UUID, requireName } from '#libs/common/names';

/** An interface name has at most 15 characters (IFNAMSIZ), and a VNI has 24 bits, thus 8 digits. */
export const bridgeOf = (vni: number): string => `lxb${requireVni(vni)}`;
/** Name of a network's VXLAN device. */
export const vxlanOf = (vni: number): string => `lxv${requireVni(vni)}`;
/** Name of the namespace in which a network's services run, and of the bridge's end of the veth into it. */
export const servicesOf = (vni: number): string => `lxd${requireVni(vni)}`;

/** Name of the host's end of a port's veth. */
export const hostVethName = (portId: string): string => `lx${digits(portId)}`;
/** The inner side of an access port in the host's own namespace. */
export const accessPortName = (portId: string): string => `lp${digits(portId)}`;
/** Name of the device that keeps a port's frames while its instance arrives. */
export const frameBufferName = (portId: string): string => `lxh${digits(portId)}`;
/** Name of both ends of the veth of a router's interface. */
export const routerLinkOf = (portId: string): string => `lr${digits(portId)}`;
/** Name of a router's network namespace. */
export const routerNamespaceOf = (routerId: string): string => `lxr${digits(routerId)}`;

function digits(portId: string): string {
  return requireName('port_id', portId, UUID, 'a UUID').replaceAll('-', '').slice(0, 12);
}

function requireVni(vni: number): number {
  if (!Number.isInteger(vni) || vni < 1 || vni > 0xffffff) throw new RangeError(`VNI ${vni} is not within 1..16777215`);
  return vni;
}
