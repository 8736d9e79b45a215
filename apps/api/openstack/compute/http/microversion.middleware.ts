import { Injectable } from '@nestjs/common';
import type { NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { lowest, negotiate, renderMicroversion } from './microversion.js';

/** Every answer says in which microversion it is; a request whose version is refused is answered by its route. */
@Injectable()
export class MicroversionMiddleware implements NestMiddleware {
  use(request: Request, response: Response, next: NextFunction): void {
    const version = renderMicroversion(versionOrLowest(request));
    response.set('OpenStack-API-Version', `compute ${version}`);
    response.set('X-OpenStack-Nova-API-Version', version);
    response.append('Vary', 'OpenStack-API-Version, X-OpenStack-Nova-API-Version');
    next();
  }
}

function versionOrLowest(request: Request): number {
  try {
    return negotiate(request.get('OpenStack-API-Version'), request.get('X-OpenStack-Nova-API-Version'));
  } catch {
    // Answered with 400 or 406 by the route's own negotiation.
    return lowest;
  }
}
