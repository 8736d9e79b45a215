import type { InstanceResources } from '../instance-resources.js';
/** One NIC asked for (Nova: networks[] of POST /servers): a network, or a port that exists. */
export interface RequestedNic {
  networkId?: string;
  portId?: string;
  fixedIp?: string;
}

export interface NewInstance {
  name: string;
  /** RFC 1123 label; made from the name where left out. */
  hostname?: string;
  /** Null: its root is made without one. */
  imageId: string | null;
  /** Null: `resources` say what it takes. */
  flavorId: string | null;
  resources?: InstanceResources;
  /** LXD: deleted when it stops. */
  ephemeral?: boolean;
  /** The face addresses instances by name: refused where the project has such a one already. */
  nameIsUnique?: boolean;
  /** auto: the project's only network, if it has one. */
  networks: 'auto' | 'none' | RequestedNic[];
  metadata: Record<string, string>;
  tags: string[];
  keyName: string | null;
  /** Base64, as it was given. */
  userData: string | null;
  /** Names or ids (Nova: security_groups). */
  securityGroups?: string[];
  description: string | null;
  /** `zone`, or `zone:host[:node]` for admins. */
  availabilityZone: string | null;
  /** Microversion 2.74, admins only. */
  requestedHost: string | null;
  schedulerHints: Record<string, string | string[]>;
  minCount: number;
  maxCount: number;
  config?: Record<string, string>;
  devices?: Record<string, Record<string, string>>;
  profiles?: string[];
}
