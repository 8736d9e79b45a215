import { Global, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { settings } from '#libs/common/settings/settings';
import { createDataSource } from './data-source.js';
import { Notices } from './notices.js';
import { connect } from './schema.js';

/** One pooled `DataSource` per process, connected before Nest makes anything that injects it. */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      useFactory: async () =>
        connect(
          await createDataSource({
            ...settings('database'),
          }),
        ),
    },
    Notices,
  ],
  exports: [DataSource, Notices],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  /** Closes every connection. */
  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
