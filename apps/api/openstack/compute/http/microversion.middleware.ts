import { Injectable } from '@nestjs/common';
import type { NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { lowest, negotiate, renderMicroversion } from './microversion.js';

/** Names the microversion in every answer. Where the requested version is refused, the route answers that later. */
@Injectable()
export class MicroversionMiddleware implements NestMiddleware {
  /** Sets the headers of the answer. */
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
    // The route's own negotiation answers 400 or 406.
    return lowest;
  }
}
