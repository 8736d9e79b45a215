import { Get, Param } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

/** Nova API: /extensions. Always empty: former extensions are part of v2.1. */
@ComputeController('extensions')
export class ExtensionsController {
  @Get()
  list(@Compute() _request: ComputeRequest) {
    return { extensions: [] };
  }

  @Get(':alias')
  show(@Compute() _request: ComputeRequest, @Param('alias') alias: string) {
    throw new NotFoundError('Extension', alias);
  }
}
