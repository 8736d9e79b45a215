import { UUID, requireName } from '#libs/common/names';
import { hostVethName } from '../interface-names.js';

/** Family and name of the table with all rules for frames. */
export const FRAMES = 'bridge lxstack';
/** The table in which packets that a bridge forwards are tracked. */
export const PACKETS = 'inet lxstack';

/** `i`: to ports (Neutron: ingress); `e`: from ports (egress). */
export type Direction = 'i' | 'e';
export const directions: readonly Direction[] = ['i', 'e'];

/** Chain that says what may pass a port. */
export const portChain = (direction: Direction, portId: string): string => `${direction}-${hostVethName(portId)}`;

/** Chain with the rules of a security group. */
export const groupChain = (direction: Direction, groupId: string): string => `g-${digits(groupId)}-${direction}`;

/** Set of the single addresses of a group's members. */
export const memberSet = (version: 4 | 6, groupId: string): string => `m${version}-${digits(groupId)}`;

/** Set of the ranges that a group's members may send from (allowed address pairs). */
export const rangeSet = (version: 4 | 6, groupId: string): string => `n${version}-${digits(groupId)}`;

const digits = (id: string): string => requireName('security_group_id', id, UUID, 'a UUID').replaceAll('-', '');
