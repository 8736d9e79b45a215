import type { DiskStreams } from './disk-streams.js';

/** Root filesystems of instances. Every method is idempotent. */
export interface StorageDriver {
  readonly name: 'overlay' | 'btrfs' | 'dir' | 'simulated' | `shared:${string}`;
  /** True where other hosts have the same disks: a move sends none. */
  readonly shared: boolean;
  /** True where it keeps an instance to its disk's size. */
  readonly limitsDisks: boolean;
  /** Where it can send roots as streams. */
  readonly streams: DiskStreams | undefined;
  /** A new empty place for an image's files, to be filled by the caller and made the image by `sealImage`. */
  newImage(sha256: string): Promise<string>;
  /** What `newImage` gave (its files already shifted) is the image from now on. */
  sealImage(sha256: string): Promise<void>;
  /** Where its files lie. */
  image(sha256: string): string;
  hasImage(sha256: string): Promise<boolean>;
  /** What is sealed here. */
  images(): Promise<string[]>;
  deleteImage(sha256: string): Promise<void>;
  /** Places that were never sealed: an agent died while it filled them. */
  discardUnsealed(): Promise<void>;
  /** An instance's root from the image, not mounted yet; on shared storage the one that is there, whoever owns it. */
  clone(instanceId: string, sha256: string): Promise<void>;
  /** A migration's target: a root whose writable layer is filled by the move. */
  createEmpty(instanceId: string, sha256: string): Promise<void>;
  /** Makes `rootfs(instanceId)` show the root; again after a reboot of the host. */
  mount(instanceId: string, sha256: string): Promise<void>;
  unmount(instanceId: string): Promise<void>;
  /** From now on the instance is this host's, and so is its disk. */
  adopt(instanceId: string): Promise<void>;
  delete(instanceId: string): Promise<void>;
  /** At most `bytes` of its own on the disk, where the driver can; 0: no limit. */
  limitDisk(instanceId: string, bytes: number): Promise<void>;
  /** What LXC starts from. */
  rootfs(instanceId: string): string;
  /** Directory of what the instance has written: overlay's upper, else its whole root. */
  writableLayer(instanceId: string): string;
}
