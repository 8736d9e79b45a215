import { Get } from '@nestjs/common';
import type { Caller } from '#libs/common/caller';
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
  async list(@Compute() { caller }: ComputeRequest) {
    return { availabilityZoneInfo: await this.zones(caller, 'list', () => null) };
  }

  @Get('detail')
  async detail(@Compute() { caller }: ComputeRequest) {
    return { availabilityZoneInfo: await this.zones(caller, 'detail', renderHosts) };
  }

  private async zones(caller: Caller, view: 'list' | 'detail', hostsOf: (hosts: Host[]) => object | null) {
    const all = await this.hosts.all(caller, `os_compute_api:os-availability-zone:${view}`, { role: 'compute' });
    const byZone = Map.groupBy(all, (host) => host.availabilityZone);
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
