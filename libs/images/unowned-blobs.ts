import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lockBlob } from './blob-lock.js';
import { ImageBlobs } from './image-blobs.js';
import { Image } from './image.entity.js';

/** Image data that no image has. */
@Injectable()
export class UnownedBlobs {
  constructor(
    private readonly database: DataSource,
    private readonly blobs: ImageBlobs,
  ) {}

  /**
   * Unlinks the file where no image (a deleted one that servers need counts too) has this content; true where it did. For
   * after a commit only: what a transaction rolled back would still need is never unlinked. Index: images_by_sha256.
   */
  remove(sha256: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      await lockBlob(tx, sha256);
      if (await tx.existsBy(Image, { sha256 })) return false;
      await this.blobs.remove(sha256);
      return true;
    });
  }
}
