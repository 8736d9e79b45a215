import type { NetworkAvailability, SubnetAvailability } from '#libs/networking/subnets/ip-availability.service';

/** Neutron API: network_ip_availability. `id` is what pages are told by. */
export function renderIpAvailability({ network, subnets }: NetworkAvailability) {
  return {
    id: network.id,
    network_id: network.id,
    network_name: network.name,
    project_id: network.projectId,
    tenant_id: network.projectId,
    total_ips: sum(subnets, 'total'),
    used_ips: sum(subnets, 'used'),
    subnet_ip_availability: subnets.map((subnet) => ({
      subnet_id: subnet.id,
      subnet_name: subnet.name,
      cidr: subnet.cidr,
      ip_version: subnet.ipVersion,
      total_ips: Number(subnet.total),
      used_ips: Number(subnet.used),
    })),
  };
}

/** The number nearest to it in JSON: an IPv6 subnet has more addresses than a double counts one by one. */
const sum = (subnets: readonly SubnetAvailability[], of: 'total' | 'used'): number =>
  Number(subnets.reduce((total, subnet) => total + subnet[of], 0n));
