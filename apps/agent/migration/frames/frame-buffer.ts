import type { Nic } from '#generated/lxstack/agent/v1/types';
import { createSocket } from 'node:dgram';
import { ArmedBatch, ipBatch, linkExists, removeLinks, tcBatchAtLast, tcBatchForce } from '../../network/commands.js';
import { CommandError } from '../../process/command-error.js';
import { frameBufferName, hostVethName } from '../../network/interface-names.js';
import type { Network } from '../../network/network.js';
import { matchLine, unmatchLines } from './mac-filter.js';

/** Last byte of the address by which each buffer's device is sent filler packets (TEST-NET-1, RFC 5737), by device. */
const fillers = new Map<string, number>();

/** Whether this kernel has sch_plug; the first buffer finds it out. */
let hasPlug = true;

/**
 * Buffers, in order, the frames for one port that arrive from the underlay before its instance runs here, so that no peer has
 * to wait for a retransmission. Uses sch_plug where the kernel has it, else an empty token bucket on an ifb device.
 */
export class FrameBuffer {
  private armed: ArmedBatch | undefined;

  private constructor(
    readonly device: string,
    private readonly vxlan: string,
    private readonly nic: Nic,
    private readonly kind: 'plug' | 'bucket',
    private readonly filler: number,
  ) {}

  /** Makes the device; no frame is led to it before `startBuffering`. */
  static async create(network: Network, nic: Nic): Promise<FrameBuffer> {
    const [device, vxlan] = [frameBufferName(nic.portId), network.vxlanName(nic.networkId)];
    const filler = takeFiller(device);
    await ipBatch([
      ...(linkExists(device) ? [`link del ${device}`] : []),
      `link add ${device} mtu 65000 type ifb`,
      `link set ${device} addrgenmode none up`,
      `addr add 192.0.2.1/32 peer 192.0.2.${filler}/32 dev ${device}`,
    ]);
    const ingress = `qdisc add dev ${vxlan} handle ffff: ingress`; // most often it is there
    if (await plugged(device, ingress)) return new FrameBuffer(device, vxlan, nic, 'plug', filler);
    // A bucket of one frame, emptied by two that the ifb drops, refilled by a byte a second.
    await tcBatchAtLast([ingress], `qdisc add dev ${device} root tbf rate 8bit burst 1600 limit 8mb`);
    await wake(filler, 1450);
    await wake(filler, 60);
    return new FrameBuffer(device, vxlan, nic, 'bucket', filler);
  }

  /** Buffers the port's frames from now on. */
  async startBuffering(): Promise<void> {
    await tcBatchAtLast(unmatchLines(this.vxlan, this.nic.mac), matchLine(this.vxlan, this.nic.mac, this.device));
  }

  /** Starts the process that release() needs. */
  arm(): void {
    this.armed ??= new ArmedBatch('tc');
  }

  /** Sends the buffered frames to the veth, in order; later frames follow them. */
  async release(): Promise<void> {
    const open = this.kind === 'plug' ? 'plug release_indefinite' : 'tbf rate 10gbit burst 1mb limit 8mb';
    const [armed, lines] = [this.armed, [`qdisc change dev ${this.device} root ${open}`]];
    this.armed = undefined;
    await (armed ? armed.fire(lines) : tcBatchAtLast([], lines[0]));
    if (this.kind === 'bucket') await wake(this.filler, 1); // the bucket looks at its queue when a frame comes
  }

  /** Removes the filter first, then the device: frames that have passed the filter still leave by the device. */
  async remove(): Promise<void> {
    this.armed?.disarm();
    await tcBatchForce(unmatchLines(this.vxlan, this.nic.mac));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await removeLinks([this.device]);
    fillers.delete(this.device);
  }

  /** Removes the buffer of a port without its object: after a commit, or one that a killed agent left. */
  static async clear(network: Network, nic: Nic): Promise<void> {
    if (network.has(nic.networkId)) await tcBatchForce(unmatchLines(network.vxlanName(nic.networkId), nic.mac));
    await removeLinks([frameBufferName(nic.portId)]);
    fillers.delete(frameBufferName(nic.portId));
  }

  get veth(): string {
    return hostVethName(this.nic.portId);
  }
}

async function plugged(device: string, ingress: string): Promise<boolean> {
  if (!hasPlug) return false;
  try {
    await tcBatchAtLast([ingress], `qdisc add dev ${device} root plug limit 8388608`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    hasPlug = false;
  }
  return hasPlug;
}

function wake(filler: number, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.send(Buffer.alloc(bytes), 9, `192.0.2.${filler}`, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

function takeFiller(device: string): number {
  const taken = new Set(fillers.values());
  for (let last = 2; last < 255; last++)
    if (!taken.has(last)) {
      fillers.set(device, last);
      return last;
    }
  throw new Error('253 ports are on their way to or from this host already');
}
