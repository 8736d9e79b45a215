import type { NetworkAgent } from '#libs/networking/agents/network-agents.service';

/** As Neutron writes an agent's times: UTC, in seconds, without a zone. */
const time = (at: Date) =>
  at
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '');

/** Neutron API: agent. */
export function renderAgent({ id, kind, host, alive }: NetworkAgent) {
  return {
    id,
    agent_type: kind.type,
    binary: kind.binary,
    topic: kind.topic,
    host: host.name,
    availability_zone: kind.zoned ? host.availabilityZone : null,
    description: null,
    admin_state_up: true,
    alive,
    heartbeat_timestamp: time(host.updatedAt),
    created_at: time(host.createdAt),
    started_at: time(host.createdAt),
    resources_synced: null,
    configurations: host.vtep ? { tunnel_types: ['vxlan'], tunneling_ip: host.vtep } : {},
  };
}
