import { digestOf } from '#libs/agent-protocol/desired-digest';
import type { DesiredDocument } from './document.js';

/**
 * Digests of what this host was told of a network: of the resources that every host of the network has, and of this
 * host's ports.
 */
export function digestsOf(document: DesiredDocument, networkId: string): { sharedDigest: string; portsDigest: string } {
  const all = document
    .content()
    .resources.filter(({ id, body }) => (body?.$case === 'network' ? id : body?.value.networkId) === networkId);
  return {
    sharedDigest: digestOf(all.filter(({ body }) => body!.$case !== 'port')),
    portsDigest: digestOf(all.filter(({ body }) => body!.$case === 'port')),
  };
}
