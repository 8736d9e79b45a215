import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { run } from '../../process/run.js';
import type { Tracking } from './tracking.js';

const SWITCHES = '/proc/sys/net/bridge';
const switches = ['iptables', 'ip6tables', 'arptables'].map((name) => `${SWITCHES}/bridge-nf-call-${name}`);

/** A table in which the bridge family tracks connections; refused where the kernel lacks nf_conntrack_bridge or its metadata. */
const TRIAL = `add table bridge trial
add chain bridge trial look { type filter hook prerouting priority 0; }
add rule bridge trial look meta ibrname "trial" ct state established accept
`;

/**
 * Finds by trials how this host tracks connections. br_netfilter is preferred, because it is what the tests run with. Where
 * this loads it, the host's other bridges stay as they were: their packets go to no other family.
 */
export async function findTracking(): Promise<Tracking> {
  if (existsSync(SWITCHES)) return 'br_netfilter';
  await run('modprobe', ['br_netfilter']).catch(() => undefined); // the look below tells
  if (existsSync(SWITCHES)) {
    for (const path of switches) await writeFile(path, '0');
    return 'br_netfilter';
  }
  const works = await run('unshare', ['-n', '--', 'nft', '-f', '-'], TRIAL).then(
    () => true,
    () => false,
  );
  return works ? 'bridge' : 'none';
}
