import { Get, Param } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { Instances } from '#libs/compute/instances/instances';
import type { InstanceNicView } from '#libs/compute/instances/read/instance-views';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { renderAddresses } from './server.renderer.js';

/** Nova API: /servers/{id}/ips and /servers/{id}/os-interface */
@ComputeController('servers/:id')
export class ServerAddressesController {
  constructor(private readonly instances: Instances) {}

  @Get('ips')
  async ips(@Compute() { caller }: ComputeRequest, @Param('id') id: string) {
    const { nics } = await this.instances.getView(caller, id, 'os_compute_api:ips:index');
    return { addresses: plainAddresses(nics) };
  }

  @Get('ips/:network')
  async ipsOf(@Compute() { caller }: ComputeRequest, @Param('id') id: string, @Param('network') network: string) {
    const { nics } = await this.instances.getView(caller, id, 'os_compute_api:ips:show');
    const addresses = plainAddresses(nics);
    if (!Object.hasOwn(addresses, network)) throw new NotFoundError('Network', network);
    return { [network]: addresses[network] };
  }

  @Get('os-interface')
  async interfaces(@Compute() { caller, version }: ComputeRequest, @Param('id') id: string) {
    const { nics } = await this.instances.getView(caller, id, 'os_compute_api:os-attach-interfaces:list');
    return { interfaceAttachments: nics.map((nic) => renderInterface(nic, version >= 70)) };
  }

  @Get('os-interface/:port')
  async interfaceOf(
    @Compute() { caller, version }: ComputeRequest,
    @Param('id') id: string,
    @Param('port') port: string,
  ) {
    const { nics } = await this.instances.getView(caller, id, 'os_compute_api:os-attach-interfaces:show');
    const nic = nics.find(({ portId }) => portId === port);
    if (!nic) throw new NotFoundError('Port', port);
    return { interfaceAttachment: renderInterface(nic, version >= 70) };
  }
}

function plainAddresses(nics: InstanceNicView[]) {
  const all = Object.entries(renderAddresses(nics));
  return Object.fromEntries(all.map(([name, list]) => [name, list.map(({ version, addr }) => ({ version, addr }))]));
}

function renderInterface(nic: InstanceNicView, withTag: boolean) {
  return {
    port_id: nic.portId,
    net_id: nic.networkId,
    mac_addr: nic.mac,
    port_state: nic.status,
    fixed_ips: nic.fixedIps.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
    ...(withTag && { tag: null }),
  };
}
