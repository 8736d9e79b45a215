import { SetMetadata } from '@nestjs/common';

/** `open`: no token is asked. `any-scope`: a valid token, scoped or not. Without either: a token scoped to a project. */
export type Access = 'open' | 'any-scope';

export const ACCESS = 'lxstack:access';

/** Needs no token (version documents, health). */
export const Open = (): ReturnType<typeof SetMetadata> => SetMetadata(ACCESS, 'open' satisfies Access);

/** Takes a token of any scope, also none (Keystone). */
export const AnyScope = (): ReturnType<typeof SetMetadata> => SetMetadata(ACCESS, 'any-scope' satisfies Access);
