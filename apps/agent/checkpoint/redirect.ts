import type { Nic } from '#generated/lxstack/agent/v1/types';
import { ArmedBatch, bridgeBatchForce, tcBatchForce } from '../network/commands.js';
import { addLines, removeLines } from '../network/forwarding.js';
import type { HostNetwork } from '../network/network.js';
import { matchLines, unmatchLines } from './mac-filter.js';

/**
 * From the cut on, frames for the port that still reach the source go on to the target: those from the underlay turn
 * round at the VXLAN device, those of local ports find the port behind it. No peer has to be told inside the freeze.
 */
export class Redirect {
  private tc: ArmedBatch | undefined;
  private bridge: ArmedBatch | undefined;

  constructor(
    private readonly network: HostNetwork,
    private readonly nics: readonly Nic[],
    private readonly targetVtep: string,
  ) {}

  async arm(): Promise<void> {
    const devices = new Set(this.nics.map((nic) => this.network.vxlanName(nic.networkId)));
    await tcBatchForce([...devices].map((device) => `qdisc add dev ${device} handle ffff: ingress`));
    this.tc = new ArmedBatch('tc');
    this.bridge = new ArmedBatch('bridge');
  }

  async start(): Promise<void> {
    const entries = this.nics.map((nic) => ({ nic, entry: { mac: nic.mac, addresses: [], vtep: this.targetVtep } }));
    await Promise.all([
      this.bridge!.fire(entries.flatMap(({ nic, entry }) => addLines(this.network.vni(nic.networkId), entry))),
      this.tc!.fire(
        this.nics.flatMap((nic) => {
          const vxlan = this.network.vxlanName(nic.networkId);
          return matchLines(vxlan, nic.mac, vxlan);
        }),
      ),
    ]);
    this.tc = this.bridge = undefined;
  }

  /** The filters go. The entries too where the port is back here; else they belong to the control plane's next set. */
  async stop(portIsBack: boolean): Promise<void> {
    this.tc?.disarm();
    this.bridge?.disarm();
    this.tc = this.bridge = undefined;
    await tcBatchForce(this.nics.flatMap((nic) => unmatchLines(this.network.vxlanName(nic.networkId), nic.mac)));
    if (!portIsBack) return;
    await bridgeBatchForce(
      this.nics.flatMap((nic) => [
        ...removeLines(this.network.vni(nic.networkId), nic.mac),
        `fdb replace ${nic.mac} dev ${this.network.hostVethName(nic.portId)} master dynamic`,
      ]),
    );
  }
}
