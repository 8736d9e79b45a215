import { readFile } from 'node:fs/promises';
import { REMEDY } from './remedy.js';
import { namespaceOf, orGone } from './tasks.js';
import type { Task } from './tasks.js';

/** File systems whose content is the kernel's, or which CRIU saves (tmpfs). */
const CARRIED = new Set(
  'proc sysfs devtmpfs binfmt_misc debugfs tracefs cgroup cgroup2 devpts pstore mqueue securityfs fusectl autofs tmpfs'.split(
    ' ',
  ),
);

/** Nodes that LXC binds into every unprivileged instance and names to CRIU. */
const NODES = /^\/dev\/(null|zero|full|random|urandom|tty)$/;

export interface Mount {
  id: string;
  parent: string;
  device: string;
  /** Directory or file of its file system that it shows. */
  root: string;
  point: string;
  type: string;
}

/** Mounts that are not carried, once per mount namespace. */
export async function blockingMounts(tasks: readonly Task[]): Promise<string[]> {
  const seen = new Set<string>();
  const reasons: string[] = [];
  const all: { name: string; mount: Mount }[] = [];
  for (const { pid, name } of tasks) {
    const namespace = await namespaceOf(pid, 'mnt');
    if (!namespace || seen.has(namespace)) continue;
    seen.add(namespace);
    const mounts = mountsIn(await orGone(readFile(`/proc/${pid}/mountinfo`, 'utf8')));
    all.push(...mounts.map((mount) => ({ name, mount })));
    reasons.push(...foreign(mounts).map((mount) => words(name, mount)));
    reasons.push(
      ...ofRemoved(mounts).map(({ point }) => `${name} sees a removed file mounted on ${point}: unmount it.`),
    );
  }
  const parts = new Set(ofUnseenRoot(all.map(({ mount }) => mount)));
  const holders = new Set(all.filter(({ mount }) => parts.has(mount)).map(({ name }) => name));
  const only = [...holders].map(
    (name) =>
      `${name} sees a tmpfs of which only a part is mounted (systemd: PrivateTmp=disconnected), which CRIU cannot carry: add a drop-in with PrivateTmp=yes and restart it, or ${REMEDY}.`,
  );
  return [...reasons, ...only];
}

/** Lines of /proc/PID/mountinfo. */
export function mountsIn(mountinfo: string): Mount[] {
  return [...mountinfo.matchAll(/^(\S+) (\S+) (\S+) (\S+) (\S+) .* - (\S+) /gm)].map((line) => {
    const [, id, parent, device, root, point, type] = line as unknown as string[];
    return { id: id!, parent: parent!, device: device!, root: root!, point: point!, type: type! };
  });
}

/** Those that are neither carried nor a part of the root file system. */
export function foreign(mounts: readonly Mount[]): Mount[] {
  const root = mounts.find((mount) => mount.point === '/')?.device;
  return mounts.filter(({ device, point, type }) => device !== root && !CARRIED.has(type) && !NODES.test(point));
}

/** Bind mounts of what was removed since: there is nothing to bind at the target. */
export const ofRemoved = (mounts: readonly Mount[]): Mount[] => mounts.filter(({ root }) => root.endsWith('//deleted'));

/** Parts of a tmpfs whose root is mounted in no namespace of the instance: CRIU packs a tmpfs from its root. */
export function ofUnseenRoot(mounts: readonly Mount[]): Mount[] {
  const seen = new Set(mounts.filter(({ root }) => root === '/').map(({ device }) => device));
  return mounts.filter(({ device, type }) => type === 'tmpfs' && !seen.has(device));
}

function words(name: string, { point, type }: Mount): string {
  if (type === 'hugetlbfs')
    return `${name} sees a hugetlbfs mounted on ${point}, which CRIU cannot carry: unmount it (systemd: stop dev-hugepages.mount), or ${REMEDY}.`;
  const unit = type === 'ramfs' ? /\/credentials\/([^/]+)$/.exec(point)?.[1] : undefined;
  return unit
    ? `${unit} has its credentials on a ramfs: add a drop-in with LoadCredential=, SetCredential= and ImportCredential= and restart it, or ${REMEDY}.`
    : `${name} sees a ${type} mounted on ${point}, which does not go along: unmount it, or use a cold migration.`;
}
