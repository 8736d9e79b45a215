import type { Nic } from '#generated/lxstack/agent/v1/types';
import { defaultRoutes } from '../../network/default-routes.js';
import { hostVethName } from '../../network/interface-names.js';

/**
 * `ip -batch` lines for the restored network namespace: each veth is made from inside, its other end at once in
 * the namespace of process `hostPid`, the agent's. The kernel lets it be up only when both are there.
 */
export function nicLines(nics: readonly Nic[], hostPid: number): string {
  const lines = ['link set lo up'];
  for (const [index, nic] of nics.entries()) {
    const name = nic.name || `eth${index}`;
    const mtu = nic.mtu ? `mtu ${nic.mtu}` : '';
    const peer = `${hostVethName(nic.portId)} ${mtu} netns ${hostPid}`;
    lines.push(`link add ${name} ${mtu} address ${nic.mac} up type veth peer name ${peer}`);
    for (const ip of nic.fixedIps)
      lines.push(
        `addr add ${ip.address}/${ip.prefixLength} dev ${name}${ip.address.includes(':') ? ' nodad' : ' brd +'}`,
      );
  }
  const routes = defaultRoutes(nics);
  for (const [index, nic] of nics.entries())
    for (const ip of nic.fixedIps)
      if (routes.has(ip)) lines.push(`route add default via ${ip.gateway} dev ${nic.name || `eth${index}`}`);
  return `${lines.join('\n')}\n`;
}
