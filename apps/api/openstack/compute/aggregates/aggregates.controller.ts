import { Get } from '@nestjs/common';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

/** Nova API: /os-aggregates. Always empty; `openstack hypervisor show` reads it. */
@ComputeController('os-aggregates')
export class AggregatesController {
  @Get()
  list(@Compute() _request: ComputeRequest) {
    return { aggregates: [] };
  }
}
