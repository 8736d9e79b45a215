import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lockBlob } from './blob-lock.js';
import { ImageBlobs } from './image-blobs.js';
import { Image } from './image.entity.js';

/** Removes image data that no image has. */
@Injectable()
export class UnownedBlobs {
  constructor(
    private readonly database: DataSource,
    private readonly blobs: ImageBlobs,
  ) {}

  /**
   * Removes the file where no image has this content (deleted images that servers need count too); returns true where
   * it did. Call it after the commit only: a transaction that is rolled back still needs its file. Index:
   * images_by_sha256.
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
