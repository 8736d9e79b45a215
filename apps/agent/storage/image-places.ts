import type { StorageDirectories } from './directories.js';

/**
 * What is the same in every driver: images lie in directories that the driver makes in its way, and disks are the
 * host's own.
 */
export abstract class ImagePlaces {
  constructor(protected readonly at: StorageDirectories) {}

  readonly shared: boolean = false;

  image = (place: string) => this.at.image(place);
  newImage = (sha256: string) => this.at.newImage(sha256);
  sealImage = (sha256: string) => this.at.sealImage(sha256);
  hasImage = (sha256: string) => this.at.hasImage(sha256);
  images = () => this.at.sealed();
  deleteImage = (sha256: string) => this.at.deleteImage(sha256);
  discardUnsealed = () => this.at.discardUnsealed();

  async adopt(_instanceId: string): Promise<void> {}
}
