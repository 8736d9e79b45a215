import { createRequest, deleteRequest, dumpRequest, parseConnection } from './messages.js';
import type { Connection, Tuple } from './messages.js';
import { netfilter } from './netlink.js';

/** Messages in one go: the kernel takes 64 KiB and more, one connection is about 200 bytes. */
const AT_ONCE = 200;

/** The connections of a zone; those of `addresses` alone, where these are given. */
export async function connectionsOf(zone: number, addresses?: ReadonlySet<string>): Promise<Connection[]> {
  const { messages } = await netfilter(dumpRequest(zone));
  const found = messages.flatMap((message) => parseConnection(message) ?? []);
  return found.filter((one) => one.zone === zone && (!addresses || isOf(one, addresses)));
}

/** Has the kernel forget connections; those that have ended meanwhile are a success. */
export async function removeConnections(connections: readonly Connection[]): Promise<void> {
  for (let at = 0; at < connections.length; at += AT_ONCE)
    await netfilter(deleteRequest(connections.slice(at, at + AT_ONCE)));
}

/** Puts connections of another host into a zone of this one. Returns how many the kernel has refused. */
export async function addConnections(zone: number, connections: readonly Connection[]): Promise<number> {
  const EXISTS = 17;
  let refused = 0;
  for (let at = 0; at < connections.length; at += AT_ONCE) {
    const { errors } = await netfilter(createRequest(connections.slice(at, at + AT_ONCE), zone));
    refused += errors.filter((error) => error !== EXISTS).length;
  }
  return refused;
}

/** Forgets all connections of a zone. */
export async function forgetConnections(zone: number): Promise<void> {
  await removeConnections(await connectionsOf(zone));
}

const isOf = ({ original, reply }: Connection, addresses: ReadonlySet<string>): boolean =>
  [original, reply].some((one: Tuple) => addresses.has(one.source) || addresses.has(one.destination));
