import { readFile, readdir } from 'node:fs/promises';
import type { LocalFleet } from '#apps/cli/demo/local-fleet';
import { command } from '#apps/cli/process/command';
import { SimHost } from '#apps/cli/simhost/sim-host';

/** What a move may leave on a host, seen from inside the host: one line each. */
const LOOK = `
for d in /run/lxstack/moves /var/lib/lxstack-agent/migrations; do
  for f in "$d"/*; do [ ! -e "$f" ] || echo "$f"; done
done
for path in /sys/class/net/*; do
  device=\${path##*/}
  case $device in lxh*) echo "link $device" ;; esac
  for where in ingress root; do
    tc filter show dev "$device" $where 2>/dev/null | grep mirred | sed "s/^/filter of $device:/"
  done
done
nft list tables | grep -vE 'table (bridge|inet) lxstack$' | sed 's/^/nft /'
true
`;

/** What a move that has ended has left on a host. */
export async function leftOfMove(local: LocalFleet, host: string): Promise<string[]> {
  const found = await new SimHost(local.layout, host, '').run(['sh', '-c', LOOK]);
  return lines(found).map((line) => `${host}: ${line}`);
}

/** Hosts on which processes of the instance live, found by their cgroups. */
export async function runsOn(local: LocalFleet, instanceId: string): Promise<string[]> {
  const root = `/lxstack-${local.layout.deployment}/`;
  // c-ID is the container's cgroup; m-ID is that of LXC's monitor, which is no process of the instance.
  const paths = `/sys/fs/cgroup/*${root}*/c-${instanceId}*`;
  const files = lines(
    await command('find', ['/sys/fs/cgroup', '-ignore_readdir_race', '-path', paths, '-name', 'cgroup.procs']),
  );
  const hosts = new Set<string>();
  for (const file of files) {
    const processes = await readFile(file, 'utf8').catch(() => '');
    if (processes.trim()) hosts.add(file.split(root)[1]!.split('/')[0]!);
  }
  return [...hosts].sort();
}

/** Processes of CRIU and lxc-checkpoint that still work on the instance. */
export async function checkpointsOf(instanceId: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const program = words[0]!.split('/').at(-1)!;
    if (/^(criu|criu\.real|lxc-checkpoint)$/.test(program) && words.some((word) => word.includes(instanceId)))
      found.push(`process ${pid}: ${words.join(' ').slice(0, 120)}`);
  }
  return found;
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean);
