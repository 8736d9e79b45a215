import { isUp } from '#libs/fleet/hosts/host-state';
import { traitsOf } from '#libs/fleet/hosts/host-traits';
import type { Host } from '#libs/fleet/hosts/host.entity';
import type { HostFence } from '#libs/fleet/fencing/host-fence.entity';

/** A host as operators see it at `now`. */
export function renderHost(host: Host, now: Date): object {
  return {
    id: host.id,
    name: host.name,
    role: host.role,
    state: isUp(host, now) ? 'up' : 'down',
    enabled: host.enabled,
    disabled_reason: host.disabledReason,
    forced_down: host.forcedDown,
    availability_zone: host.availabilityZone,
    address: host.address,
    vtep: host.vtep,
    lease_expires_at: host.leaseExpiresAt,
    inventory: { vcpus: host.vcpus, memory_mb: host.memoryMb, disk_gb: host.diskGb },
    used: { vcpus: host.usedVcpus, memory_mb: host.usedMemoryMb, disk_gb: host.usedDiskGb },
    ratios: { cpu: host.cpuRatio, memory: host.memoryRatio, disk: host.diskRatio },
    capabilities: host.capabilities,
    traits: traitsOf(host),
    facts: host.facts,
    certificate_fingerprint: host.certificateFingerprint,
    revoked_at: host.revokedAt,
  };
}

/** What the host's agent has promised to do to which instances when its lease ends, in seconds after that. */
export function renderFence(host: Host, promised: HostFence | null, marginSeconds: number): object {
  return {
    lease_expires_at: host.leaseExpiresAt,
    forced_down: host.forcedDown,
    stop_seconds: promised?.stopSeconds ?? null,
    margin_seconds: marginSeconds,
    instance_ids: promised?.instanceIds ?? [],
  };
}
