import { applyDecorators, Controller, UseFilters } from '@nestjs/common';
import { ComputeErrorFilter } from './compute.errors.js';

/** A controller of this face: under /compute/v2.1, its errors rendered as Nova's. */
export const ComputeController = (path: string): ClassDecorator =>
  applyDecorators(Controller(`compute/v2.1/${path}`), UseFilters(ComputeErrorFilter));
