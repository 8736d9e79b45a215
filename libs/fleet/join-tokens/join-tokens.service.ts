import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { UnauthenticatedError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import { JoinToken } from './join-token.entity.js';

const VALID_FOR_SECONDS = 3_600;

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** One-time ways in for hosts. */
@Injectable()
export class JoinTokens {
  constructor(private readonly database: DataSource) {}

  /** The token is shown this once; only its hash is kept. */
  async create(): Promise<{ token: string; expiresAt: Date }> {
    const token = newSecret();
    const [{ expires_at }] = await this.database.query<{ expires_at: Date }[]>(
      `INSERT INTO join_tokens (token_hash, expires_at) VALUES ($1, now() + make_interval(secs => $2)) RETURNING expires_at`,
      [hashOf(token), VALID_FOR_SECONDS],
    );
    return { token, expiresAt: expires_at };
  }

  /** Uses the token up for `hostname`, in the transaction that makes the host. Good once. Throws UnauthenticatedError. */
  async redeem(tx: EntityManager, token: string, hostname: string): Promise<void> {
    const result = await tx
      .createQueryBuilder()
      .update(JoinToken)
      .set({ usedAt: () => 'now()', usedBy: hostname })
      .where('token_hash = :hash AND used_at IS NULL AND expires_at > now()', { hash: hashOf(token) })
      .execute();
    if (result.affected !== 1) throw new UnauthenticatedError('The join token is unknown, used or expired.');
  }
}
