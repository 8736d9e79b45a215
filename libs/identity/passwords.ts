import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { ScryptOptions } from 'node:crypto';
import pLimit from 'p-limit';
import type { LimitFunction } from 'p-limit';
import { TooManyRequestsError } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';

/** OWASP's second choice for scrypt: 32 MiB and three passes. */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const LENGTH = 32;

/**
 * Bounds how many hashes run at the same time: scrypt takes a thread of libuv's pool, which files, DNS and zlib need
 * too.
 */
let limit: LimitFunction | undefined;

/** Runs before and after a comparison, within its turn. What it throws is thrown. */
export interface Turn {
  before(): Promise<void>;
  after(right: boolean): Promise<void>;
}

/** Returns `scrypt$N$r$p$salt$hash`. Throws TooManyRequestsError where too many hashes wait already. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await inTurn(() => derive(password, salt, COST));
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Compares in constant time. Throws TooManyRequestsError where too many hashes wait already. */
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
