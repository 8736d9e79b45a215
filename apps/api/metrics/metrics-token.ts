import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { settings } from '#libs/common/settings/settings';

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The token for /metrics; undefined where none is set. */
export function metricsToken(): string | undefined {
  const { tokenFile } = settings('metrics');
  return tokenFile ? readFileSync(tokenFile, 'utf8').trim() : undefined;
}

/** Whether an Authorization header is `Bearer` with this token. */
export function bears(authorization: string | undefined, token: string): boolean {
  return timingSafeEqual(hashOf(authorization ?? ''), hashOf(`Bearer ${token}`));
}
