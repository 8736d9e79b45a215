import type { Nic } from '#generated/lxstack/agent/v1/types';
import { isIPv4 } from 'node:net';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';

/** Sends gratuitous ARP from inside the instance, for switches and hosts that learn by listening. LXStack's forwarding does not need it. */
export async function announce(initPid: number, nics: readonly Nic[]): Promise<void> {
  if (!initPid) return;
  for (const [index, nic] of nics.entries())
    for (const { address } of nic.fixedIps.filter((ip) => isIPv4(ip.address))) {
      const name = nic.name || `eth${index}`;
      try {
        await run('nsenter', [
          `--net=/proc/${initPid}/ns/net`,
          'busybox',
          'arping',
          '-q',
          '-c1',
          '-w1',
          '-U',
          '-I',
          name,
          address,
        ]);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error; // arping ends with 1, for nobody answers an announcement
      }
    }
}
