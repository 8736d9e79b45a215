import { randomBytes, randomUUID } from 'node:crypto';

/** A random UUID. */
export const newId = (): string => randomUUID();

/** OpenStack's request id: `req-` and a UUID. */
export const newRequestId = (): string => `req-${randomUUID()}`;

/** A secret of `bytes` random bytes, in URL-safe base64, for people or machines to carry. */
export const newSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url');
