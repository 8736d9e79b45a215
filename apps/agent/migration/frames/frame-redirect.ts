import type { Nic } from '#generated/lxstack/agent/v1/types';
import { ArmedBatch, bridgeBatchForce } from '../../network/commands.js';
import { addLines, removeLines } from '../../network/forwarding.js';
import type { Network } from '../../network/network.js';
import { FrameBuffer } from './frame-buffer.js';
import { matchLine } from './mac-filter.js';
import { SynGate } from './syn-gate.js';

/**
 * From the cut on, frames that still reach the source go on to the target: frames from the underlay are turned round at the
 * VXLAN device, and the bridge leads local ones to it. So no peer has to be told inside the freeze. Frames from the underlay
 * are buffered here too: when the move fails, the instance gets them, and no peer has to send them again.
 */
export class FrameRedirect {
  private armed: { bridge: ArmedBatch; tc: ArmedBatch; ip: ArmedBatch } | undefined;
  private buffers: FrameBuffer[] = [];
  private given: Promise<void> | undefined;
  private readonly gate: SynGate;

  constructor(
    private readonly network: Network,
    private readonly nics: readonly Nic[],
    private readonly targetVtep: string,
    /** Pid of the instance's init here; 0 when it does not run. */
    private readonly initPid: () => Promise<number>,
  ) {
    this.gate = new SynGate(network, nics);
  }

  /** Starts the processes whose start would cost time in the freeze. After `undoCut` it begins anew. */
  async arm(): Promise<void> {
    [this.buffers, this.given] = [[], undefined];
    for (const nic of this.nics) this.buffers.push(await FrameBuffer.create(this.network, nic));
    this.armed = { bridge: new ArmedBatch('bridge'), tc: new ArmedBatch('tc'), ip: new ArmedBatch('ip') };
  }

  /** Just before the freeze: buffers requests for new TCP connections (SYN). Call `arm` first. */
  async bufferNewConnections(): Promise<void> {
    await this.gate.close(await this.initPid(), this.targetVtep);
  }

  /**
   * Redirects first, then changes the bridges, for a bridge that forwards to the target drops frames that still come in from
   * the underlay. Then takes the NICs out of the bridges. The NICs stay up: without a carrier the instance would forget its
   * neighbours and, after a failed move, ask for them for a second.
   */
  async cut(): Promise<void> {
    const { bridge, tc, ip } = this.armed!;
    this.armed = undefined;
    await tc.fire(
      this.nics.map((nic, index) => {
        const vxlan = this.network.vxlanName(nic.networkId);
        return matchLine(vxlan, nic.mac, this.buffers[index]!.device, vxlan);
      }),
    );
    await bridge.fire(
      this.nics.flatMap((nic) =>
        addLines(this.network.vni(nic.networkId), { mac: nic.mac, addresses: [], vtep: this.targetVtep }),
      ),
    );
    await ip.fire(this.nics.map((nic) => `link set ${this.network.hostVethName(nic.portId)} nomaster`));
  }

  /** After a failed move, with the NICs back in their bridges: hands the buffered frames over and ends the redirection. */
  undoCut(): Promise<void> {
    this.given ??= this.endRedirect();
    return this.given;
  }

  /** After the commit: ends the waiting processes. */
  disarm(): void {
    for (const batch of Object.values(this.armed ?? {})) batch.disarm();
    this.armed = undefined;
  }

  private async endRedirect(): Promise<void> {
    for (const batch of Object.values(this.armed ?? {})) batch.disarm();
    const lines = this.nics.flatMap((nic) => [
      ...removeLines(this.network.vni(nic.networkId), nic.mac),
      `fdb replace ${nic.mac} dev ${this.network.hostVethName(nic.portId)} master dynamic`,
    ]);
    await Promise.all([bridgeBatchForce(lines), this.gate.open(await this.initPid())]);
    await Promise.all(this.buffers.map((buffer) => buffer.release()));
    await Promise.all(this.buffers.map((buffer) => buffer.remove()));
    await this.remove(); // also what an earlier agent made
  }

  /** Removes buffers and filters. Forwarding entries stay: the control plane's next set replaces them. */
  async remove(): Promise<void> {
    for (const nic of this.nics) await FrameBuffer.clear(this.network, nic);
  }
}
