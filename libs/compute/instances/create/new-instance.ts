import type { RequestedNic } from '#libs/networking/ports/instance-ports.service';
import type { InstanceResources } from '../instance-resources.js';

/** What a face asks for that makes an instance. */
export interface NewInstance {
  name: string;
  /** RFC 1123 label; made from the name where left out. */
  hostname?: string;
  /** Null: the root is made without an image. */
  imageId: string | null;
  /** Null: `resources` say what the instance takes of a host. */
  flavorId: string | null;
  resources?: InstanceResources;
  /** LXD: the instance is deleted when it stops. */
  ephemeral?: boolean;
  /**
   * True where the face addresses instances by name (LXD): the create is refused where the project has an instance of
   * this name.
   */
  nameIsUnique?: boolean;
  /** `auto`: the project's only network, or none where it has no network. */
  networks: 'auto' | 'none' | RequestedNic[];
  metadata: Record<string, string>;
  tags: string[];
  keyName: string | null;
  /** Base64, as it was given. */
  userData: string | null;
  /** Nova: config_drive; absent: none. */
  configDrive?: boolean;
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
