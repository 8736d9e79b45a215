import { Get } from '@nestjs/common';
import { isUp } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { renderTime } from '../http/times.js';

/** Nova API: /os-availability-zone */
@ComputeController('os-availability-zone')
export class AvailabilityZonesController {
  constructor(private readonly hosts: Hosts) {}

  @Get()
  async list(@Compute() _request: ComputeRequest) {
    return { availabilityZoneInfo: await this.zones(() => null) };
  }

  @Get('detail')
  async detail(@Compute() _request: ComputeRequest) {
    return { availabilityZoneInfo: await this.zones(renderHosts) };
  }

  private async zones(hostsOf: (hosts: Host[]) => object | null) {
    const byZone = Map.groupBy(await this.hosts.all({ role: 'compute' }), (host) => host.availabilityZone);
    return [...byZone].map(([zoneName, hosts]) => {
      const available = hosts.some((host) => host.enabled);
      return { zoneName, zoneState: { available }, hosts: hostsOf(hosts) };
    });
  }
}

function renderHosts(hosts: Host[]): object {
  const now = new Date();
  return Object.fromEntries(
    hosts.map((host) => {
      const state = {
        available: isUp(host, now),
        active: host.enabled,
        updated_at: renderTime(host.updatedAt, 'micro'),
      };
      return [host.name, { 'nova-compute': state }];
    }),
  );
}
