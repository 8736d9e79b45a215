import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { settings } from '#libs/common/settings/settings';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Tokens } from '#libs/identity/tokens/tokens.service';
import { ImageSweep } from '#libs/images/image-sweep';
import { Rounds } from '#libs/common/rounds';

/** Any number: one api process at a time keeps house. */
const LOCK = 7_205_761;

/** What has to be done from time to time and that no operation does: expired tokens, uploads whose process died, images that nobody needs. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = createLogger('housekeeping');
  private readonly rounds = new Rounds(
    settings('api').housekeepingMs,
    () => this.run(),
    (error) => this.log.warn({ error: messageOf(error) }, 'a round failed; the next one tries again'),
  );

  constructor(
    private readonly database: DataSource,
    private readonly tokens: Tokens,
    private readonly images: ImageSweep,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start(0);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round; does nothing where another process is at it. */
  async run(): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [lock] = await tx.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCK]);
      if (!lock!.mine) return;
      const tokens = await this.tokens.prune();
      const swept = await this.images.run();
      if (tokens + Object.values(swept).reduce((sum: number, count: number) => sum + count, 0))
        this.log.info({ tokens, ...swept }, 'cleared');
    });
  }
}
