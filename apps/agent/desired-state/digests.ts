import { digestOf } from '#libs/agent-protocol/desired-digest';
import { networkOf } from './document.js';
import type { DesiredDocument } from './document.js';

/** Digests of what this host was told of a network. */
interface Digests {
  /** Of the resources that every host of the network has. */
  sharedDigest: string;
  /** Of this host's ports. */
  portsDigest: string;
  /** Of the routers with an interface on the network. */
  routersDigest: string;
}

/** By these a control plane sees whether it has told the host all that it should. */
export function digestsOf(document: DesiredDocument, networkId: string): Digests {
  const { resources } = document.content();
  const all = resources.filter((resource) => networkOf(resource) === networkId);
  const routers = new Set(document.routersOn(new Set([networkId])));
  return {
    sharedDigest: digestOf(all.filter(({ body }) => body!.$case !== 'port')),
    portsDigest: digestOf(all.filter(({ body }) => body!.$case === 'port')),
    routersDigest: digestOf(resources.filter(({ id, body }) => body?.$case === 'router' && routers.has(id))),
  };
}
