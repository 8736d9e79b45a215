import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { settings } from '#libs/common/settings/settings';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Tokens } from '#libs/identity/tokens/tokens.service';
import { alone } from '#libs/database/advisory-locks';
import { ImageSweep } from '#libs/images/image-sweep';
import { Rounds } from '#libs/common/rounds';
import { Retention } from '#libs/retention/retention';
import type { KeptDays } from '#libs/retention/rules';

/**
 * Removes from time to time what no operation removes: expired tokens, what dead uploads left, images that no server
 * needs, and what ended long ago.
 */
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
    private readonly retention: Retention,
  ) {}

  /** Begins a round at once, then repeats it. */
  onApplicationBootstrap(): void {
    this.rounds.start(0);
  }

  /** Ends the rounds. */
  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round; does nothing where another process is in one. */
  async run(): Promise<void> {
    // Runs outside a transaction: removing files may take long.
    await alone(this.database, 'housekeeping', async () => {
      const tokens = await this.tokens.prune();
      const swept = await this.images.run();
      const ended = await this.retention.run(keptDays());
      const all = { tokens, ...swept, ...ended };
      if (Object.values(all).some((count: number) => count > 0)) this.log.info(all, 'cleared');
    });
  }
}

function keptDays(): KeptDays {
  const { operationDays, migrationDays, instanceDays } = settings('retention');
  return { operations: operationDays, migrations: migrationDays, instances: instanceDays };
}
