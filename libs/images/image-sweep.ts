import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ImageBlobs } from './image-blobs.js';
import { IS_NEEDED } from './image-users.js';
import { UnownedBlobs } from './unowned-blobs.js';
import { UPLOAD_DEAD_MS } from './upload-heartbeat.js';

export interface Swept {
  /** Images whose upload died; they wait for data again. */
  requeued: number;
  /** Deleted images whose last server is gone. */
  forgotten: number;
  partials: number;
  blobs: number;
}

/** Blobs looked up in one query. */
const BATCH = 500;

/** Removes what dead uploads left behind, and deleted images that no server needs any more. */
@Injectable()
export class ImageSweep {
  constructor(
    private readonly database: DataSource,
    private readonly blobs: ImageBlobs,
    private readonly owners: UnownedBlobs,
  ) {}

  /**
   * `deadMs`: an upload that has been silent for longer is dead. Idempotent; may run in many processes at the same
   * time.
   */
  async run(deadMs = UPLOAD_DEAD_MS): Promise<Swept> {
    const [rows] = await this.database.query<[unknown[], number]>(
      `UPDATE images SET status = 'queued', updated_at = now()
        WHERE status = 'saving' AND updated_at < now() - make_interval(secs => $1) RETURNING 1`,
      [deadMs / 1_000],
    );
    // Servers are made from active images only, so no server can begin to need a deleted one.
    const [forgotten] = await this.database.query<[unknown[], number]>(
      `DELETE FROM images i WHERE i.status = 'deleted' AND NOT ${IS_NEEDED} RETURNING 1`,
    );
    const partials = await this.blobs.removeAbandoned(deadMs);
    return { requeued: rows.length, forgotten: forgotten.length, partials, blobs: await this.removeUnowned() };
  }

  /** Removes files whose transaction never committed, or whose last image is gone. */
  private async removeUnowned(): Promise<number> {
    let removed = 0;
    let batch: string[] = [];
    const check = async () => {
      for (const sha256 of await this.unowned(batch)) removed += Number(await this.owners.remove(sha256));
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
}
