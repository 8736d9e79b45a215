import { parentOf } from './manifest.js';
import type { Manifest } from './manifest.js';

/**
 * A tree in at most `count` parts with about as many entries each, for as many processes. Each part is a list of paths
 * to be walked with all below them; directories above those are the spine, looked at by themselves.
 */
export function shares(tree: Manifest, count: number): { spine: string[]; parts: string[][] } {
  const sizes = sizesOf(tree);
  const most = Math.max(1, tree.entries.size / (count * 4));
  const branches = new Set([...tree.entries].filter(([, { type }]) => type === 'd').map(([path]) => parentOf(path)));
  const spine: string[] = [];
  const units: { path: string; size: number }[] = [];
  const within = new Set<string>();
  // A walk names parents before their children; what is below a unit is part of it.
  for (const path of tree.entries.keys()) {
    if (path !== '.' && !within.has(parentOf(path))) continue;
    const size = sizes.get(path) ?? 1;
    // A directory of files alone is quicker walked than each file by its path.
    if (path === '.' || (size > most && (branches.has(path) || size > tree.entries.size / count))) {
      spine.push(path);
      within.add(path);
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

/** Entries of each directory with all below it. */
function sizesOf(tree: Manifest): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const path of tree.entries.keys())
    for (let at = path; at !== '.'; at = parentOf(at)) sizes.set(at, (sizes.get(at) ?? 0) + 1);
  return sizes;
}
