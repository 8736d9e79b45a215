/** Root filesystems of instances. Every method is idempotent. */
export interface StorageDriver {
  readonly name: 'overlay' | 'btrfs' | 'dir';
  /** A new place for an image's files, to be filled by the caller and handed to `sealImage`. */
  newImage(sha256: string): Promise<string>;
  /** The files below `unpacked/root` (already shifted) are the image from now on. */
  sealImage(sha256: string, root: string): Promise<void>;
  hasImage(sha256: string): Promise<boolean>;
  deleteImage(sha256: string): Promise<void>;
  /** An instance's root from the image, not mounted yet. */
  clone(instanceId: string, sha256: string): Promise<void>;
  /** A migration's target: a root whose writable layer is filled by the move. */
  createEmpty(instanceId: string, sha256: string): Promise<void>;
  /** Makes `rootfs(instanceId)` show the root; again after a reboot of the host. */
  mount(instanceId: string, sha256: string): Promise<void>;
  unmount(instanceId: string): Promise<void>;
  delete(instanceId: string): Promise<void>;
  /** What LXC starts from. */
  rootfs(instanceId: string): string;
  /** Directory of what the instance has written: overlay's upper, else its whole root. */
  writableLayer(instanceId: string): string;
}
