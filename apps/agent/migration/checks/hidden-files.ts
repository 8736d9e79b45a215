import { readFile } from 'node:fs/promises';
import type { HeldFiles } from './held-files.js';
import { isQueue, mayBeQueue } from './message-queues.js';
import { mountsIn } from './mounts.js';
import type { Mount } from './mounts.js';
import { namespaceOf, orGone } from './tasks.js';

/** Open files to which no path leads any more, because their file system was unmounted or something is mounted over them. */
export async function blockingHiddenFiles(held: readonly HeldFiles[]): Promise<string[]> {
  const mounts = await mountsOf(held);
  const known = new Set([...mounts.values()].flatMap(({ all }) => all.map(({ id }) => id)));
  const reasons: string[] = [];
  for (const { task, files } of held) {
    const own = mounts.get(task.pid);
    if (!own) continue;
    for (const { fd, link } of files.filter((file) => isPath(file.link))) {
      const info = await orGone(readFile(`/proc/${task.pid}/fdinfo/${fd}`, 'utf8'));
      const id = /^mnt_id:\s*(\d+)$/m.exec(info)?.[1];
      if (id === undefined) continue;
      const why = whyHidden(link, id, own.all, known);
      if (!why || (mayBeQueue(link) && (await isQueue(`/proc/${task.pid}/fd/${fd}`)))) continue;
      reasons.push(`${task.name} holds ${link} open, ${why}: let it close that or end it.`);
    }
  }
  return [...new Set(reasons)];
}

/** Words, or undefined where the path of a file on mount `id` leads to it. `known`: ids of every mount of the instance. */
export function whyHidden(path: string, id: string, own: readonly Mount[], known: ReadonlySet<string>) {
  if (!known.has(id)) return 'whose file system is unmounted';
  // A descriptor that came from another mount namespace has no path in this one; CRIU finds it there.
  if (!own.some((mount) => mount.id === id)) return undefined;
  const visible = visibleMount(path, own);
  return visible && visible.id !== id ? `over which ${visible.point} is mounted` : undefined;
}

/** The mount that a walk along `path` ends in: at each directory the one on top of it. */
function visibleMount(path: string, mounts: readonly Mount[]): Mount | undefined {
  const ids = new Set(mounts.map(({ id }) => id));
  let at = mounts.find(({ parent, point }) => point === '/' && !ids.has(parent));
  for (let next = at; next;) {
    at = next;
    const { id } = at;
    const below = mounts.filter((mount) => mount.parent === id && isWithin(path, mount.point));
    next = below.sort((a, b) => a.point.length - b.point.length)[0];
  }
  return at;
}

const isWithin = (path: string, point: string): boolean =>
  point === '/' || path === point || path.startsWith(`${point}/`);

/** Neither nameless, nor of /dev, where nodes come from the host, nor deleted, which CRIU carries. */
const isPath = (link: string): boolean =>
  link.startsWith('/') && !/^\/(dev\/|memfd:|SYSV|secretmem)/.test(link) && !link.endsWith(' (deleted)');

/** By process, each mount namespace read once. */
async function mountsOf(held: readonly HeldFiles[]): Promise<Map<number, { all: Mount[] }>> {
  const found = new Map<string, { all: Mount[] }>();
  const byTask = new Map<number, { all: Mount[] }>();
  for (const { task } of held) {
    const namespace = await namespaceOf(task.pid, 'mnt');
    if (!namespace) continue;
    const read = async () => ({ all: mountsIn(await orGone(readFile(`/proc/${task.pid}/mountinfo`, 'utf8'))) });
    const mounts = found.get(namespace) ?? (await read());
    found.set(namespace, mounts);
    byTask.set(task.pid, mounts);
  }
  return byTask;
}
