import type { SecurityGroup, SecuritySpec } from '#generated/lxstack/agent/v1/types';

/**
 * Security groups that calls have brought with their ports, for as long as the document does not have them here: a move's
 * target must filter before the control plane says that the port is there.
 */
export class GroupsAhead {
  private readonly ofPorts = new Map<string, SecuritySpec>();

  /** A call has brought the ports, with all that their filters name. */
  bring(portIds: readonly string[], security: SecuritySpec): void {
    for (const id of portIds) this.ofPorts.set(id, security);
  }

  /** The port has left this host. */
  gone(portId: string): void {
    this.ofPorts.delete(portId);
  }

  securityGroup(id: string): SecurityGroup | undefined {
    for (const { groups } of this.ofPorts.values()) {
      const found = groups.find((group) => group.id === id);
      if (found) return found;
    }
    return undefined;
  }

  /** Of the first port that brought some. */
  memberAddresses(groupId: string): string[] {
    for (const { members } of this.ofPorts.values()) {
      const found = members.filter((member) => member.groupId === groupId);
      if (found.length) return found.flatMap(({ addresses }) => addresses);
    }
    return [];
  }
}
