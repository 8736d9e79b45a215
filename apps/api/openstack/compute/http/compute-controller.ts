import { applyDecorators, Controller, UseFilters } from '@nestjs/common';
import { ComputeErrorFilter } from './compute.errors.js';

/** A controller of this face: its paths begin with /compute/v2.1 and its errors have Nova's form. */
export const ComputeController = (path: string): ClassDecorator =>
  applyDecorators(Controller(`compute/v2.1/${path}`), UseFilters(ComputeErrorFilter));
