import type { Nic } from '#generated/lxstack/agent/v1/types';
import { ArmedBatch, bridgeBatchForce } from '../../network/commands.js';
import { addLines, removeLines } from '../../network/forwarding.js';
import type { HostNetwork } from '../../network/network.js';
import { FrameBuffer } from './frame-buffer.js';
import { matchLine } from './mac-filter.js';
import { SynGate } from './syn-gate.js';

/**
 * From the cut on, frames for the port that still reach the source go on to the target: those from the underlay turn
 * round at the VXLAN device, those of local ports find the port behind it. No peer has to be told inside the freeze.
 * What comes from the underlay is also kept here: a port that comes back finds it, and its peers need not send it again.
 */
export class FrameRedirect {
  private armed: { bridge: ArmedBatch; tc: ArmedBatch; ip: ArmedBatch } | undefined;
  private holds: FrameBuffer[] = [];
  private given: Promise<void> | undefined;
  private readonly gate: SynGate;

  constructor(
    private readonly network: HostNetwork,
    private readonly nics: readonly Nic[],
    private readonly targetVtep: string,
    /** Of the instance here, 0 where it does not run. */
    private readonly initPid: () => Promise<number>,
  ) {
    this.gate = new SynGate(network, nics);
  }

  /** Starts now what would cost time in the freeze. */
  async arm(): Promise<void> {
    for (const nic of this.nics) this.holds.push(await FrameBuffer.create(this.network, nic));
    this.armed = { bridge: new ArmedBatch('bridge'), tc: new ArmedBatch('tc'), ip: new ArmedBatch('ip') };
  }

  /** Before the freeze: requests for new TCP connections are kept already. Needs `arm`. */
  async keepNewcomers(): Promise<void> {
    await this.gate.close(await this.initPid(), this.targetVtep);
  }

  /**
   * The redirection first (where to, `keepNewcomers` has told), then the bridges: one that has the target as the way
   * drops what still comes in from there. Then the NICs leave them. They stay up: without a carrier
   * the instance would forget its neighbours, and ask for them for a second where it goes on here.
   */
  async cut(): Promise<void> {
    const { bridge, tc, ip } = this.armed!;
    this.armed = undefined;
    await tc.fire(
      this.nics.map((nic, index) => {
        const vxlan = this.network.vxlanName(nic.networkId);
        return matchLine(vxlan, nic.mac, this.holds[index]!.device, vxlan);
      }),
    );
    await bridge.fire(
      this.nics.flatMap((nic) =>
        addLines(this.network.vni(nic.networkId), { mac: nic.mac, addresses: [], vtep: this.targetVtep }),
      ),
    );
    await ip.fire(this.nics.map((nic) => `link set ${this.network.hostVethName(nic.portId)} nomaster`));
  }

  /** The ports are back in their bridges: what was kept goes to them, and nothing goes to the target any more. */
  giveBack(): Promise<void> {
    this.given ??= this.letIn();
    return this.given;
  }

  /** Nothing comes back here any more: the processes that waited for it end. */
  disarm(): void {
    for (const batch of Object.values(this.armed ?? {})) batch.disarm();
    this.armed = undefined;
  }

  private async letIn(): Promise<void> {
    for (const batch of Object.values(this.armed ?? {})) batch.disarm();
    const lines = this.nics.flatMap((nic) => [
      ...removeLines(this.network.vni(nic.networkId), nic.mac),
      `fdb replace ${nic.mac} dev ${this.network.hostVethName(nic.portId)} master dynamic`,
    ]);
    await Promise.all([bridgeBatchForce(lines), this.gate.open(await this.initPid())]);
    await Promise.all(this.holds.map((hold) => hold.release()));
    await Promise.all(this.holds.map((hold) => hold.remove()));
    await this.remove(); // also what an agent before this one has made
  }

  /** Also after the commit, when every host knows where the port is. Entries belong to the control plane's next set. */
  async remove(): Promise<void> {
    for (const nic of this.nics) await FrameBuffer.clear(this.network, nic);
  }
}
