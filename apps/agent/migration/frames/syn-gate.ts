import { existsSync } from 'node:fs';
import type { Nic } from '#generated/lxstack/agent/v1/types';
import { bridgeBatchForce, tcBatchForce } from '../../network/commands.js';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import { frameBufferName, hostVethName } from '../../network/interface-names.js';
import type { Network } from '../../network/network.js';

/** TCP segments with SYN and without ACK, for an IPv4 header of 20 bytes and an IPv6 header without extensions. */
const SYN = [
  'protocol ip pref 1 u32 match u8 0x45 0xff at 0 match u8 6 0xff at 9 match u8 0x02 0x12 at 33',
  'protocol ipv6 pref 2 u32 match u8 6 0xff at 6 match u8 0x02 0x12 at 53',
];

const TABLE = 'inet lxstack-move';

/**
 * For `nft -f` in an instance's own namespace. Also at the target while sockets are restored: CRIU connects those of
 * SYN_SENT anew, which must neither find their listener not there yet nor be answered before their window is set.
 */
export const loopbackGate = `add table ${TABLE}
add chain ${TABLE} input { type filter hook input priority -300; policy accept; }
add rule ${TABLE} input iif lo tcp flags & (syn | ack) == syn drop
`;

/** The same for all of TCP: while a connection of the instance to itself has data that it will send as soon as it is restored. */
export const closedLoopback = loopbackGate.replace('tcp flags & (syn | ack) == syn', 'meta l4proto tcp');

/** Removes the loopback gate. `add` makes `delete` succeed where there is none. */
export async function openLoopback(initPid: number): Promise<void> {
  await inside(initPid, `add table ${TABLE}\ndelete table ${TABLE}\n`);
}

/**
 * Lets no new TCP connection in just before the freeze, for CRIU leaves out what is not accepted by then. Requests (SYN) from
 * outside go to the frame buffers of both ends; those of the instance to itself are dropped, and CRIU's restore (SYN_SENT) or
 * the instance's own retransmission sends them again.
 */
export class SynGate {
  constructor(
    private readonly network: Network,
    private readonly nics: readonly Nic[],
  ) {}

  /** Call it when the NICs have their frame buffers. `initPid`: the instance's init. */
  async close(initPid: number, targetVtep: string): Promise<void> {
    const toTarget = this.nics.map(
      (nic) => `fdb replace ${nic.mac} dev ${this.network.vxlanName(nic.networkId)} self static dst ${targetVtep}`,
    );
    const lines = this.nics.flatMap((nic) => {
      const veth = hostVethName(nic.portId);
      const copy = `action mirred egress mirror dev ${this.network.vxlanName(nic.networkId)} pipe`;
      const keep = `action mirred egress redirect dev ${frameBufferName(nic.portId)}`;
      return [
        `qdisc add dev ${veth} clsact`,
        ...SYN.map((syn) => `filter add dev ${veth} egress ${syn} ${copy} ${keep}`),
      ];
    });
    // A copy to the target only when its frames find the way there.
    const fromOutside = bridgeBatchForce(toTarget).then(() => tcBatchForce(lines));
    await Promise.all([fromOutside, inside(initPid, loopbackGate)]);
  }

  /** Opens the gate, also one that was never closed; before the buffered frames are handed over. */
  async open(initPid: number): Promise<void> {
    await tcBatchForce(this.nics.map((nic) => `qdisc del dev ${hostVethName(nic.portId)} clsact`));
    if (initPid) await openLoopback(initPid);
  }
}

/** Applies the rules in the instance's network namespace. An instance that has just ended needs none. */
async function inside(initPid: number, ruleset: string): Promise<void> {
  try {
    await run('nsenter', [`--net=/proc/${initPid}/ns/net`, 'nft', '-f', '-'], ruleset);
  } catch (error) {
    if (!(error instanceof CommandError) || existsSync(`/proc/${initPid}`)) throw error;
  }
}
