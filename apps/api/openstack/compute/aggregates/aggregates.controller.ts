import { Get } from '@nestjs/common';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

/** Nova API: /os-aggregates. There are none: `openstack hypervisor show` asks. */
@ComputeController('os-aggregates')
export class AggregatesController {
  @Get()
  list(@Compute() _request: ComputeRequest) {
    return { aggregates: [] };
  }
}
