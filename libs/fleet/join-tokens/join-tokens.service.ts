import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, InvalidInputError, UnauthenticatedError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import { HOSTNAME, requireName } from '#libs/common/names';
import { ownOf, requireAllowed } from '#libs/policy/policy';
import { Host } from '../hosts/host.entity.js';
import { JoinToken } from './join-token.entity.js';

const VALID_FOR_SECONDS = 3_600;

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** `hostname` absent: the token is for any host that has not joined before. */
export interface NewJoinToken {
  hostname?: string | null;
  /** The host may have joined before. */
  reEnrol?: boolean;
}

/** A host of this name has joined already, and the token does not allow it to join again. */
export class HostEnrolledError extends ConflictError {
  constructor(hostname: string) {
    super(`Host ${hostname} has joined already: joining again takes a token that an operator makes for it (re_enrol).`);
  }
}

/** Makes and takes the one-time tokens with which hosts join. */
@Injectable()
export class JoinTokens {
  constructor(private readonly database: DataSource) {}

  /**
   * The token is shown this once; only its hash is kept. Throws InvalidInputError, and ConflictError where the host has
   * joined already and `reEnrol` is not said; PolicyDeniedError.
   */
  async create(caller: Caller, wanted: NewJoinToken = {}): Promise<{ token: string; expiresAt: Date }> {
    const { hostname = null, reEnrol = false } = wanted;
    requireAllowed(caller, 'fleet:join-tokens:create', { ...ownOf(caller), host: hostname });
    if (hostname !== null) requireName('hostname', hostname, HOSTNAME, 'a host name of letters, digits and hyphens');
    if (reEnrol && hostname === null) throw new InvalidInputError('hostname', 'the host that is to join again');
    if (hostname !== null && !reEnrol && (await this.database.manager.existsBy(Host, { name: hostname })))
      throw new HostEnrolledError(hostname);
    const token = newSecret();
    const [{ expires_at }] = await this.database.query<{ expires_at: Date }[]>(
      `INSERT INTO join_tokens (token_hash, hostname, re_enrol, expires_at)
       VALUES ($1, $2, $3, now() + make_interval(secs => $4)) RETURNING expires_at`,
      [hashOf(token), hostname, reEnrol, VALID_FOR_SECONDS],
    );
    return { token, expiresAt: expires_at };
  }

  /**
   * Uses the token up for `hostname`, in the transaction that writes the host. Throws UnauthenticatedError for a token
   * that is unknown, used, too old or another host's; HostEnrolledError where the host has joined before and the token
   * does not allow it again.
   */
  async redeem(tx: EntityManager, token: string, hostname: string): Promise<void> {
    const result = await tx
      .createQueryBuilder()
      .update(JoinToken)
      .set({ usedAt: () => 'now()', usedBy: hostname })
      .where('token_hash = :hash AND used_at IS NULL AND expires_at > now()', { hash: hashOf(token) })
      .andWhere('(hostname IS NULL OR hostname = :hostname)', { hostname })
      .returning(['reEnrol'])
      .execute();
    if (result.affected !== 1)
      throw new UnauthenticatedError('The join token is unknown, used, expired or for another host.');
    const [{ re_enrol }] = result.raw as [{ re_enrol: boolean }];
    if (!re_enrol && (await tx.existsBy(Host, { name: hostname }))) throw new HostEnrolledError(hostname);
  }
}
