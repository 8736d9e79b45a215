/** What an instance needs of its host. */
export interface Resources {
  vcpus: number;
  memoryMb: number;
  /** GiB. */
  diskGb: number;
}

/** A server group as filters see it: where its members are now. */
export interface GroupConstraint {
  policy: 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity';
  /** Number of members, by host id. */
  membersByHost: ReadonlyMap<string, number>;
  /** anti-affinity: how many members one host may have. */
  maxPerHost: number;
}

/** Everything that the pure core needs to judge a host; the caller has resolved names and hints to host ids. */
export interface PlacementQuery {
  resources: Resources;
  /** Null: any zone. */
  availabilityZone: string | null;
  /** Only this host. */
  requestedHostId: string | null;
  /** With a requested host: only filters marked `always` are asked (Nova: force). */
  force: boolean;
  excludedHostIds: ReadonlySet<string>;
  /** Capabilities that the host's agent must have shown (checkpoint, restore, …), and traits; `!NAME`: must not have. */
  capabilities: readonly string[];
  /** A port of the instance is closed by security groups. */
  needsPortFilter?: boolean;
  /** Hosts whose processor does not have traits that are demanded, or has forbidden ones, with those demands. */
  unmetOfCpu?: ReadonlyMap<string, readonly string[]>;
  /** The image's architecture; null: any. */
  architecture: string | null;
  /** The driver of the host from which the disk is moved; null: no disk is moved. */
  storageDriver: string | null;
  /** Hosts whose processor lacks what the instance may use, with those flags. */
  missingCpuFeatures?: ReadonlyMap<string, readonly string[]>;
  sameHostIds: ReadonlySet<string> | null;
  differentHostIds: ReadonlySet<string> | null;
  group: GroupConstraint | null;
}
