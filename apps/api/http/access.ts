import { SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

const OPEN = 'lxstack:open';

/**
 * Marks a route that needs no token (version documents, health). All other routes need one, and a rule in libs/policy.
 */
export const Open = (): ReturnType<typeof SetMetadata> => SetMetadata(OPEN, true);

/** Whether the route or its controller is marked @Open(). */
export function isOpen(reflector: Reflector, context: ExecutionContext): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(OPEN, [context.getHandler(), context.getClass()]) ?? false;
}
