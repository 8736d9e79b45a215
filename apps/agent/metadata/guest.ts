import type { GuestChanging, GuestData, InstanceSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { linkLocalOf } from '../network/metadata-rules.js';

/** An instance with what it is told of itself. */
export interface Guest {
  /** With its NICs and networks as they are now. */
  spec: InstanceSpec;
  data: GuestData;
  changing: GuestChanging;
}

/** Undefined where an older control plane sent the spec: it tells nothing of the guest. */
export function guestOf(spec: InstanceSpec): Guest | undefined {
  const data = spec.guest;
  return data?.changing && { spec, data, changing: data.changing };
}

/** Whether `source` is an address from which only this NIC's port can send to the metadata service. */
export function sendsFrom(nic: Nic, source: string): boolean {
  return nic.fixedIps.some(({ address }) => address === source) || linkLocalOf(nic.mac) === source;
}

/** The source of a connection in the form of `fixedIps`: without the IPv4 prefix and the scope of an IPv6 socket. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
}
