import type { DataSource } from 'typeorm';
import { messageOf, NotFoundError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Rounds } from '#libs/common/rounds';

const log = createLogger('images');

const BEAT_MS = 15_000;

/** Milliseconds of silence after which an upload is dead: its process is gone. */
export const UPLOAD_DEAD_MS = 90_000;

/**
 * Shows, by `updated_at` of the image, that the process of an upload lives. Aborts `signal` where the image is no
 * longer `saving`: it was deleted, or the sweep gave the upload up.
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

  /** The upload has ended. */
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
