import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { ScryptOptions } from 'node:crypto';
import pLimit from 'p-limit';
import type { LimitFunction } from 'p-limit';
import { TooManyRequestsError } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';

/** OWASP's second choice for scrypt: 32 MiB and three passes. */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const LENGTH = 32;

/** Hashes at once: scrypt blocks a thread of libuv's pool, which file system, DNS and zlib use as well. */
let limit: LimitFunction | undefined;

/** What surrounds a comparison while it holds its turn; what they throw is thrown. */
export interface Turn {
  before(): Promise<void>;
  after(right: boolean): Promise<void>;
}

/** `scrypt$N$r$p$salt$hash`. Throws TooManyRequestsError where too many wait already. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await inTurn(() => derive(password, salt, COST));
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Throws TooManyRequestsError where too many wait already. */
export async function verifyPassword(password: string, kept: string, turn?: Turn): Promise<boolean> {
  return inTurn(async () => {
    await turn?.before();
    const right = await isRight(password, kept);
    await turn?.after(right);
    return right;
  });
}

async function isRight(password: string, kept: string): Promise<boolean> {
  const [scheme, N, r, p, salt, hash] = kept.split('$');
  if (scheme !== 'scrypt' || !salt || !hash) return false;
  const expected = Buffer.from(hash, 'base64url');
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url'), options), expected);
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const { concurrency, queue } = settings('login');
  limit ??= pLimit(concurrency);
  if (limit.pendingCount >= queue) throw new TooManyRequestsError('Too many logins at once.', 1);
  return limit(work);
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, LENGTH, { ...options, maxmem: 64 * 2 ** 20 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
