import type { Nic } from '#generated/lxstack/agent/v1/types';
import { CommandError, bridgeBatchForce, run, tcBatchForce } from '../network/commands.js';
import { holdName, hostVethName } from '../network/interface-names.js';
import type { HostNetwork } from '../network/network.js';

/** TCP segments with SYN and without ACK, for an IPv4 header of 20 bytes and an IPv6 header without extensions. */
const SYN = [
  'protocol ip pref 1 u32 match u8 0x45 0xff at 0 match u8 6 0xff at 9 match u8 0x02 0x12 at 33',
  'protocol ipv6 pref 2 u32 match u8 6 0xff at 6 match u8 0x02 0x12 at 53',
];

/**
 * Just before the freeze no new TCP connection is let in: what is not accepted by then, CRIU leaves out. Requests that
 * come from outside are kept where the frames of the freeze are kept, at the target and here; those of the instance to
 * itself are dropped, and made again by CRIU's restore (SYN_SENT) or by its own retransmission.
 */
export class SynGate {
  constructor(
    private readonly network: HostNetwork,
    private readonly nics: readonly Nic[],
  ) {}

  /** The holds of the NICs are there. `initPid`: of the instance. */
  async close(initPid: number, targetVtep: string): Promise<void> {
    const toTarget = this.nics.map(
      (nic) => `fdb replace ${nic.mac} dev ${this.network.vxlanName(nic.networkId)} self static dst ${targetVtep}`,
    );
    await bridgeBatchForce(toTarget);
    const lines = this.nics.flatMap((nic) => {
      const veth = hostVethName(nic.portId);
      const copy = `action mirred egress mirror dev ${this.network.vxlanName(nic.networkId)} pipe`;
      const keep = `action mirred egress redirect dev ${holdName(nic.portId)}`;
      return [
        `qdisc add dev ${veth} clsact`,
        ...SYN.map((syn) => `filter add dev ${veth} egress ${syn} ${copy} ${keep}`),
      ];
    });
    await tcBatchForce(lines);
    await inside(initPid, [
      'qdisc add dev lo clsact',
      ...SYN.map((syn) => `filter add dev lo egress ${syn} action drop`),
    ]);
  }

  /** Also where it was never closed. Before what is kept is let in. */
  async open(initPid: number): Promise<void> {
    await tcBatchForce(this.nics.map((nic) => `qdisc del dev ${hostVethName(nic.portId)} clsact`));
    if (initPid)
      await inside(
        initPid,
        SYN.map((_, at) => `filter del dev lo egress pref ${at + 1}`),
      );
  }
}

/** In the instance's network namespace. One that has just ended needs no gate, nor does what is not there need removal. */
async function inside(initPid: number, lines: readonly string[]): Promise<void> {
  try {
    await run('nsenter', [`--net=/proc/${initPid}/ns/net`, 'tc', '-force', '-batch', '-'], `${lines.join('\n')}\n`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
}
