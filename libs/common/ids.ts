import { randomBytes, randomUUID } from 'node:crypto';

export const newId = (): string => randomUUID();

/** OpenStack's request id: `req-` and a UUID. */
export const newRequestId = (): string => `req-${randomUUID()}`;

/** A secret for a person or a machine to carry, URL-safe, of `bytes` random bytes. */
export const newSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url');
