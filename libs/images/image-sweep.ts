import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lockBlob } from './blob-lock.js';
import { ImageBlobs } from './image-blobs.js';
import { Image } from './image.entity.js';
import { UPLOAD_DEAD_MS } from './upload-heartbeat.js';

export interface Swept {
  /** Images that wait for data again. */
  requeued: number;
  partials: number;
  blobs: number;
}

/** Blobs asked for in one query. */
const BATCH = 500;

/** Clears what a process left that died during an upload. */
@Injectable()
export class ImageSweep {
  constructor(
    private readonly database: DataSource,
    private readonly blobs: ImageBlobs,
  ) {}

  /** `deadMs`: how long an upload has to be silent to count as dead. Idempotent; may run in many processes at once. */
  async run(deadMs = UPLOAD_DEAD_MS): Promise<Swept> {
    const [rows] = await this.database.query<[unknown[], number]>(
      `UPDATE images SET status = 'queued', updated_at = now()
        WHERE status = 'saving' AND updated_at < now() - make_interval(secs => $1) RETURNING 1`,
      [deadMs / 1_000],
    );
    const partials = await this.blobs.removeAbandoned(deadMs);
    return { requeued: rows.length, partials, blobs: await this.removeUnowned() };
  }

  /** Files that got their name in a transaction that never committed. */
  private async removeUnowned(): Promise<number> {
    let removed = 0;
    let batch: string[] = [];
    const check = async () => {
      for (const sha256 of await this.unowned(batch)) removed += Number(await this.removeIfUnowned(sha256));
      batch = [];
    };
    for await (const sha256 of this.blobs.stored()) if (batch.push(sha256) === BATCH) await check();
    await check();
    return removed;
  }

  private async unowned(batch: string[]): Promise<string[]> {
    const rows = await this.database.query<{ sha256: string }[]>(
      `SELECT c.sha256 FROM unnest($1::text[]) AS c (sha256)
        WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.sha256 = c.sha256)`,
      [batch],
    );
    return rows.map((row) => row.sha256);
  }

  private removeIfUnowned(sha256: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      await lockBlob(tx, sha256);
      if (await tx.existsBy(Image, { sha256 })) return false;
      await this.blobs.remove(sha256);
      return true;
    });
  }
}
