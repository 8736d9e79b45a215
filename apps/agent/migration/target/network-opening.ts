import type { Nic } from '#generated/lxstack/agent/v1/types';
import { ArmedBatch, bridgeBatchForce } from '../../network/commands.js';
import { removeLines } from '../../network/forwarding.js';
import { hostVethName } from '../../network/interface-names.js';
import type { Network } from '../../network/network.js';

/** At the commit: puts the restored NICs into their bridges, by an `ip` process that was started before the freeze. */
export class NetworkOpening {
  private readonly ip = new ArmedBatch('ip', false);

  constructor(
    private readonly network: Network,
    private readonly nics: readonly Nic[],
  ) {}

  /** Once its NIC is in the bridge the instance may run (`resumeInstance`); the buffered frames also need the forwarding entries. */
  async fire(resumeInstance: () => void): Promise<void> {
    const { network, nics } = this;
    await this.ip.fire(
      nics.map((nic) => `link set ${hostVethName(nic.portId)} master ${network.bridgeName(nic.networkId)}`),
    );
    resumeInstance();
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
