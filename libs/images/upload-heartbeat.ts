import type { DataSource } from 'typeorm';
import { messageOf, NotFoundError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Rounds } from '#libs/common/rounds';

const log = createLogger('images');

const BEAT_MS = 15_000;

/** An upload that has not been heard of for this long is dead: its process is gone. */
export const UPLOAD_DEAD_MS = 90_000;

/**
 * Says, while an upload lasts, that its process lives, by `updated_at` of the image. `signal` is aborted where the image
 * is not `saving` any more: deleted, or given up by the sweep.
 */
export class UploadHeartbeat {
  private readonly lost = new AbortController();
  private readonly rounds: Rounds;

  constructor(
    private readonly database: DataSource,
    private readonly imageId: string,
    everyMs = BEAT_MS,
  ) {
    this.rounds = new Rounds(
      everyMs,
      () => this.beat(),
      (error) =>
        log.warn({ image: imageId, error: messageOf(error) }, 'no word of an upload; the next beat tries again'),
    );
    this.rounds.start();
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }

  stop(): void {
    void this.rounds.stop();
  }

  private async beat(): Promise<void> {
    const [rows] = await this.database.query<[unknown[], number]>(
      `UPDATE images SET updated_at = now() WHERE id = $1 AND status = 'saving' RETURNING 1`,
      [this.imageId],
    );
    if (!rows.length) this.lost.abort(new NotFoundError('Image', this.imageId));
  }
}
