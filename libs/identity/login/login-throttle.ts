import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { TooManyRequestsError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { settings } from '#libs/common/settings/settings';
import { RedisConnections } from '#libs/operations/redis';

interface Limiters {
  user: RateLimiterAbstract;
  address: RateLimiterAbstract;
}

/** The user whose password is tried, and the client's address. */
export interface LoginAttempt {
  /** The user's id, or the name that was given where no user has it. */
  user: string;
  /** The client's address; '' where it is not known. */
  address: string;
}

/**
 * Counts failed logins per user and per address: in Redis for all api processes, in this process's memory while Redis
 * is away.
 */
@Injectable()
export class LoginThrottle {
  private readonly log = createLogger('login');
  private limiters: Limiters | undefined;

  constructor(private readonly redis: RedisConnections) {}

  /** Throws TooManyRequestsError where the user or the address has failed too often in the present window. */
  async requireFree(attempt: LoginAttempt): Promise<void> {
    const { user, address } = this.open();
    const { userAttempts, addressAttempts } = settings('login');
    const [ofUser, ofAddress] = await Promise.all([user.get(userKey(attempt)), address.get(addressKey(attempt))]);
    const waits = [
      ofUser && ofUser.consumedPoints >= userAttempts ? ofUser.msBeforeNext : 0,
      ofAddress && ofAddress.consumedPoints >= addressAttempts ? ofAddress.msBeforeNext : 0,
    ];
    const wait = Math.max(...waits);
    if (wait <= 0) return;
    this.log.warn({ address: attempt.address, seconds: Math.ceil(wait / 1000) }, 'login throttled');
    throw new TooManyRequestsError('Too many failed logins.', Math.ceil(wait / 1000));
  }

  /** Counts a failed login for the user and for the address. */
  async failed(attempt: LoginAttempt): Promise<void> {
    const { user, address } = this.open();
    await Promise.all([user.penalty(userKey(attempt)), address.penalty(addressKey(attempt))]);
  }

  /** Forgets the user's failures, but not those of the address: other clients may share it. */
  async succeeded(attempt: LoginAttempt): Promise<void> {
    await this.open().user.delete(userKey(attempt));
  }

  private open(): Limiters {
    return (this.limiters ??= this.make());
  }

  private make(): Limiters {
    const { userAttempts, addressAttempts, windowSeconds: duration } = settings('login');
    const storeClient = this.redis.impatient((error) => this.log.debug({ error: error.message }, 'redis'));
    const limiter = (keyPrefix: string, points: number) =>
      new RateLimiterRedis({
        storeClient,
        keyPrefix: `lxstack:login:${keyPrefix}`,
        points,
        duration,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration }),
      });
    return { user: limiter('user', userAttempts), address: limiter('address', addressAttempts) };
  }
}

/** Hashed, because a client chooses the name's length. */
const userKey = ({ user }: LoginAttempt): string => createHash('sha256').update(user).digest('base64url');

/** An IPv6 client can choose any address of its /64, so the /64 counts. */
function addressKey({ address }: LoginAttempt): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toNormalizedString().split(':').slice(0, 4).join(':');
}
