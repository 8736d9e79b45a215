import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { requireInstance } from './known-instance.js';

/**
 * What a server's guest has posted to the metadata service as its password: encrypted by the guest with its owner's key, so
 * nobody here can read it (Nova API: os-server-password). Everything throws NotFoundError and PolicyDeniedError.
 */
@Injectable()
export class ServerPasswords {
  constructor(private readonly database: DataSource) {}

  /** '' for none. */
  async show(caller: Caller, id: string): Promise<string> {
    const { manager } = this.database;
    await requireInstance(manager, caller, id, 'os_compute_api:os-server-password:show');
    const [row] = await manager.query<{ password: string }[]>(
      `SELECT coalesce(password, '') AS password FROM instances WHERE id = $1`,
      [id],
    );
    return row?.password ?? '';
  }

  /** The guest may post another one then. */
  async clear(caller: Caller, id: string): Promise<void> {
    const { manager } = this.database;
    await requireInstance(manager, caller, id, 'os_compute_api:os-server-password:clear');
    await manager.query('UPDATE instances SET password = NULL WHERE id = $1', [id]);
  }
}
