import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
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
  /** Of the security groups of this host's ports on the network, and of the members of groups that their rules name. */
  groupsDigest: string;
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
    groupsDigest: digestOf(groupsOf(document, networkId)),
  };
}

function groupsOf({ ports, groups, members }: DesiredDocument, networkId: string): DesiredResource[] {
  const own = [...ports.values()].filter((port) => port.networkId === networkId);
  const ids = new Set(own.flatMap(({ filter }) => filter?.securityGroupIds ?? []));
  const present = [...ids].flatMap((id) => groups.get(id) ?? []);
  const remotes = new Set(present.flatMap(({ rules }) => rules.flatMap(({ remoteGroupId }) => remoteGroupId || [])));
  return [
    ...present.map((value): DesiredResource => ({ id: value.id, body: { $case: 'securityGroup', value } })),
    ...[...remotes].flatMap((group) =>
      [...(members.get(group) ?? [])].map(([id, value]): DesiredResource => ({
        id,
        body: { $case: 'groupMember', value },
      })),
    ),
  ];
}
