/** What something needs of one host. */
export interface Resources {
  vcpus: number;
  memoryMb: number;
  /** GiB. */
  diskGb: number;
}

/** A server group as the filters see it: where its members are now. */
export interface GroupConstraint {
  policy: 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity';
  /** Host id to the number of members there. */
  membersByHost: ReadonlyMap<string, number>;
  /** anti-affinity: how many one host may have. */
  maxPerHost: number;
}

/** Everything the pure core needs to judge a host; whoever asks has resolved names and hints to host ids. */
export interface PlacementQuery {
  resources: Resources;
  /** Null: any. */
  availabilityZone: string | null;
  /** Only this host. */
  requestedHostId: string | null;
  /** With a requested host: only capacity is looked at (Nova: force). */
  force: boolean;
  excludedHostIds: ReadonlySet<string>;
  /** Capabilities the agent must have shown: checkpoint, restore … */
  capabilities: readonly string[];
  /** Of the image; null: any. */
  architecture: string | null;
  /** Of the host a disk is moved from; null: none is moved. */
  storageDriver: string | null;
  /** Hosts whose processor lacks what it may use, with what they lack. */
  missingCpuFeatures?: ReadonlyMap<string, readonly string[]>;
  sameHostIds: ReadonlySet<string> | null;
  differentHostIds: ReadonlySet<string> | null;
  group: GroupConstraint | null;
}
