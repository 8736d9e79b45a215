import { parentOf } from './changed-files.js';
import type { Manifest } from './changed-files.js';

/** The paths in each directory of a tree. */
export type Children = ReadonlyMap<string, readonly string[]>;

/** The paths of a manifest by the directory in which they lie. */
export function childrenIn(tree: Manifest): Children {
  const children = new Map<string, string[]>();
  for (const path of tree.entries.keys()) {
    if (path === '.') continue;
    const parent = parentOf(path);
    const known = children.get(parent);
    if (known) known.push(path);
    else children.set(parent, [path]);
  }
  return children;
}

/**
 * A tree in at most `count` parts with about as many entries each, for as many processes. Each part is a list of paths
 * to be walked with all below them; directories above those are the spine, looked at by themselves.
 */
export function shares(children: Children, count: number): { spine: string[]; parts: string[][] } {
  const sizes = sizesOf(children);
  const total = sizes.get('.') ?? 1;
  const most = Math.max(1, total / (count * 4));
  const spine: string[] = [];
  const units: { path: string; size: number }[] = [];
  for (const pending = ['.']; pending.length;) {
    const path = pending.pop()!;
    const below = children.get(path) ?? [];
    const size = sizes.get(path) ?? 1;
    const branches = below.some((child) => children.has(child));
    // A directory of files alone is quicker walked than each file by its path.
    if (path === '.' || (size > most && (branches || size > total / count))) {
      spine.push(path);
      for (const child of below) pending.push(child);
    } else units.push({ path, size });
  }
  const parts = Array.from({ length: count }, () => ({ paths: [] as string[], size: 0 }));
  for (const { path, size } of units.sort((a, b) => b.size - a.size)) {
    const least = parts.reduce((a, b) => (b.size < a.size ? b : a));
    least.paths.push(path);
    least.size += size;
  }
  return { spine, parts: parts.map(({ paths }) => paths).filter((paths) => paths.length > 0) };
}

/** Entries of each directory that is not empty, with all below it. */
function sizesOf(children: Children): Map<string, number> {
  const sizes = new Map<string, number>();
  // A walk names what is below after what it is below of.
  for (const directory of [...children.keys()].reverse()) {
    let size = 1;
    for (const child of children.get(directory)!) size += sizes.get(child) ?? 1;
    sizes.set(directory, size);
  }
  return sizes;
}
