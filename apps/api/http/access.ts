import { SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

const OPEN = 'lxstack:open';

/** Needs no token (version documents, health). Every other route asks for one, and for its rule in libs/policy. */
export const Open = (): ReturnType<typeof SetMetadata> => SetMetadata(OPEN, true);

export function isOpen(reflector: Reflector, context: ExecutionContext): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(OPEN, [context.getHandler(), context.getClass()]) ?? false;
}
