import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UnauthenticatedError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import type { EntityRef } from '../entity-ref.js';
import { refValues } from '../entity-ref.js';
import { hashPassword, verifyPassword } from '../passwords.js';
import { LOCKED, Lockout } from './lockout.js';
import { LoginThrottle } from './login-throttle.js';
import type { LoginAttempt } from './login-throttle.js';

interface Row {
  id: string;
  password_hash: string;
  locked: boolean;
}

/** Index users_name. */
const USER = `
  SELECT u.id, u.password_hash, ${LOCKED} AS locked
    FROM users u JOIN projects d ON d.id = u.domain_id AND d.is_domain
   WHERE u.enabled AND d.enabled AND CASE WHEN $3::text IS NOT NULL THEN u.id = $3
         ELSE u.name = $4 AND (d.id = $5 OR d.name = $6) END`;

/**
 * Checks passwords. Every failure gives the same answer after the same work, so that clients cannot find out which
 * users exist.
 */
@Injectable()
export class PasswordLogin implements OnApplicationBootstrap {
  /** The hash with which a password is compared where the user does not exist. */
  private decoy: Promise<string> | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly throttle: LoginThrottle,
    private readonly lockout: Lockout,
  ) {}

  /** Makes the decoy before the first login, so that the first unknown user takes no longer than later ones. */
  onApplicationBootstrap(): void {
    this.decoyHash().catch(() => undefined);
  }

  /**
   * Returns the user's id. `address`: the client's. Throws UnauthenticatedError (wrong, unknown, disabled, locked out),
   * TooManyRequestsError.
   */
  async authenticate(user: EntityRef, password: string, address: string): Promise<string> {
    const values = [...this.lockout.values(), ...refValues(user)];
    const [row] = await this.database.query<(Row | undefined)[]>(USER, values);
    const attempt = { user: row?.id ?? JSON.stringify(refValues(user)), address };
    await this.throttle.requireFree(attempt);
    const kept = row?.password_hash ?? (await this.decoyHash());
    let passed = false;
    await verifyPassword(password, kept, {
      // Asked again when the comparison's turn has come: other attempts may have failed while it waited.
      before: () => this.throttle.requireFree(attempt),
      after: async (right) => {
        passed = right && row !== undefined && !row.locked;
        await this.record(attempt, row, passed);
      },
    });
    if (row && passed) return row.id;
    throw new UnauthenticatedError();
  }

  private async record(attempt: LoginAttempt, row: Row | undefined, passed: boolean): Promise<void> {
    if (passed) await Promise.all([this.throttle.succeeded(attempt), this.lockout.succeeded(row!.id)]);
    else await Promise.all([this.throttle.failed(attempt), row && !row.locked && this.lockout.failed(row.id)]);
  }

  private decoyHash(): Promise<string> {
    return (this.decoy ??= hashPassword(newSecret()).catch((error: unknown) => {
      this.decoy = undefined;
      throw error;
    }));
  }
}
