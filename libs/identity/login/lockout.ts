import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { settings } from '#libs/common/settings/settings';

/** SQL: user `u` is locked out now. Parameters: `Lockout.values`. */
export const LOCKED = `
  ($1::int > 0 AND u.failed_auth_count >= $1 AND u.failed_auth_at > now() - make_interval(secs => $2)) IS TRUE`;

/**
 * Keystone's `[security_compliance] lockout_failure_attempts` and `lockout_duration`: after so many failures in a row a
 * user is locked out for so many seconds, whatever the password. Off by default.
 */
@Injectable()
export class Lockout {
  constructor(private readonly database: DataSource) {}

  /** The parameters of LOCKED. */
  values(): [attempts: number, seconds: number] {
    const { lockoutAttempts, lockoutSeconds } = settings('login');
    return [lockoutAttempts, lockoutSeconds];
  }

  /** Counts a failed login. After the end of a lock-out the count begins anew, as in Keystone. */
  async failed(userId: string): Promise<void> {
    const [attempts, seconds] = this.values();
    if (!attempts) return;
    await this.database.query(
      `UPDATE users SET failed_auth_at = now(), failed_auth_count = CASE
         WHEN failed_auth_count >= $2 AND failed_auth_at <= now() - make_interval(secs => $3) THEN 1
         ELSE failed_auth_count + 1 END
       WHERE id = $1`,
      [userId, attempts, seconds],
    );
  }

  /** Forgets the user's failures. */
  async succeeded(userId: string): Promise<void> {
    if (!settings('login').lockoutAttempts) return;
    await this.database.query(
      'UPDATE users SET failed_auth_count = 0, failed_auth_at = NULL WHERE id = $1 AND failed_auth_count > 0',
      [userId],
    );
  }
}
