import type { DiskStreams } from './disk-streams.js';

/** Root file systems of instances. Every method is idempotent. */
export interface StorageDriver {
  readonly name: 'overlay' | 'btrfs' | 'dir' | 'simulated' | `shared:${string}`;
  /** True: other hosts see the same disks, so a move sends none. */
  readonly shared: boolean;
  /** True: the driver keeps an instance to the size of its disk. */
  readonly limitsDisks: boolean;
  /** Undefined where the driver cannot send roots as streams. */
  readonly streams: DiskStreams | undefined;
  /** Makes an empty directory for an image; the caller fills it and calls `sealImage`. */
  newImage(sha256: string): Promise<string>;
  /** Makes the directory of `newImage` (its owners already shifted) the image. */
  sealImage(sha256: string): Promise<void>;
  /** Directory of the image's files. */
  image(sha256: string): string;
  hasImage(sha256: string): Promise<boolean>;
  /** Names of the sealed images' directories. */
  images(): Promise<string[]>;
  deleteImage(sha256: string): Promise<void>;
  /** Removes directories that were never sealed, because an agent died while it filled them. */
  discardUnsealed(): Promise<void>;
  /**
   * Makes an instance's root from the image, not mounted yet; on shared storage it keeps a root that exists, whoever
   * owns it.
   */
  clone(instanceId: string, sha256: string): Promise<void>;
  /** Makes an empty root for the target of a move, which fills its writable layer. */
  createEmpty(instanceId: string, sha256: string): Promise<void>;
  /** Makes `rootfs(instanceId)` show the root; again after a reboot of the host. */
  mount(instanceId: string, sha256: string): Promise<void>;
  unmount(instanceId: string): Promise<void>;
  /** From now on this host owns the instance's disk. */
  adopt(instanceId: string): Promise<void>;
  delete(instanceId: string): Promise<void>;
  /** Limits the instance's own data to `bytes`, where the driver can; 0: no limit. */
  limitDisk(instanceId: string, bytes: number): Promise<void>;
  /** The directory from which LXC starts the instance. */
  rootfs(instanceId: string): string;
  /** The directory of what the instance has written: overlay's upper layer, else its whole root. */
  writableLayer(instanceId: string): string;
}
