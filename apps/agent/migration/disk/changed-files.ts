/** What tells whether a file has changed. */
export interface ManifestEntry {
  /** Nanoseconds. */
  ctime: bigint;
  inode: string;
  /** As `find -printf %y` says it: f, d, l, c, … */
  type: string;
  /** What it takes of the disk. */
  bytes: number;
}

/**
 * Every path below a directory, `.` first among them, and when the walk began (ns). A path is a string of bytes
 * ("latin1"): names need not be UTF-8.
 */
export interface Manifest {
  startedAt: bigint;
  entries: Map<string, ManifestEntry>;
}

export interface ManifestDiff {
  /** To be sent, parents before children. */
  changed: string[];
  /** To be removed at the target before, children gone with their parents. */
  removed: string[];
}

/** Coarse clocks stamp a change up to one tick (10 ms at CONFIG_HZ=100) before it happened. */
const TICK = 20_000_000n;

/** A ctime as young as the walk says nothing: the file may have changed again within the same tick after it was read. */
export const racyFrom = (manifest: Manifest): bigint => manifest.startedAt - TICK;

/** What the target, which has what `before` told, lacks of `now`. */
export function diffManifests(before: Manifest, now: Manifest): ManifestDiff {
  const racy = racyFrom(before);
  const changed: string[] = [];
  const removed: string[] = [];
  for (const [path, entry] of now.entries) {
    const old = before.entries.get(path);
    if (!old || old.ctime !== entry.ctime || old.inode !== entry.inode || entry.ctime >= racy) changed.push(path);
    if (old && old.type !== entry.type) removed.push(path);
  }
  const gone = new Set([...before.entries.keys()].filter((path) => !now.entries.has(path)));
  for (const path of gone) if (!gone.has(parentOf(path))) removed.push(path);
  return { changed: changed.sort(), removed: removed.sort() };
}

/** The directory of a path of a manifest; `.` for what lies at its top. */
export const parentOf = (path: string): string => {
  const at = path.lastIndexOf('/');
  return at < 0 ? '.' : path.slice(0, at);
};

/** What `find` is to print of each entry for `parseFound`. */
export const FOUND = '%C@ %i %y %b %p\\0';

/** Records of FOUND, in the order of the bytes; `./` before a path is taken off. */
export function parseFound(output: Buffer): [string, ManifestEntry][] {
  const records = output.toString('latin1').split('\0');
  records.pop(); // after the last NUL
  return records.map((record) => {
    const [time = '', inode = '', type = '', blocks = ''] = record.split(' ', 4);
    const path = record.slice(time.length + inode.length + type.length + blocks.length + 4);
    const [seconds, fraction = ''] = time.split('.');
    const ctime = BigInt(seconds + fraction.slice(0, 9).padEnd(9, '0'));
    return [path.startsWith('./') ? path.slice(2) : path, { ctime, inode, type, bytes: Number(blocks) * 512 }];
  });
}
