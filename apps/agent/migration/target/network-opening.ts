import type { Nic } from '#generated/lxstack/agent/v1/types';
import { ArmedBatch, bridgeBatchForce } from '../../network/commands.js';
import { removeLines } from '../../network/forwarding.js';
import { hostVethName } from '../../network/interface-names.js';
import type { HostNetwork } from '../../network/network.js';

/** At the commit: the restored NICs go into their bridges. The process that it waits for is started beforehand. */
export class NetworkOpening {
  private readonly ip = new ArmedBatch('ip', false);

  constructor(
    private readonly network: HostNetwork,
    private readonly nics: readonly Nic[],
  ) {}

  /** What it sends finds its way once it is in its bridge, and it may run; what is kept for it needs the rest. */
  async fire(letRun: () => void): Promise<void> {
    const { network, nics } = this;
    await this.ip.fire(
      nics.map((nic) => `link set ${hostVethName(nic.portId)} master ${network.bridgeName(nic.networkId)}`),
    );
    letRun();
    const lines = nics.flatMap((nic) => [
      ...removeLines(network.vni(nic.networkId), nic.mac),
      `fdb replace ${nic.mac} dev ${hostVethName(nic.portId)} master dynamic`,
    ]);
    await bridgeBatchForce(lines);
  }

  disarm(): void {
    this.ip.disarm();
  }
}
