import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { HEADER, appendEntry, entriesOf, field, withVarint } from '../image-fields.js';

/** CRIU: images/fdinfo.proto (file_entry), regfile.proto, mm.proto, remap-file-path.proto. */
const FILE = { type: 1, id: 2, reg: 3 };
const REGULAR = 1;
const REG = { id: 1, flags: 2 };
const MM = { executable: 12 };
const REMAP = { id: 1 };

const O_PATH = 0o10000000;

/**
 * CRIU 4.2 takes a process' executable and an open descriptor of the same file for one, and opens both as the descriptor was. Of
 * one that was opened with O_PATH the kernel takes no executable (PR_SET_MM_MAP: EBADF): systemd 257 holds its
 * systemd-executor so, and the `(sd-pam)` of each session runs it. Such a process gets an entry of its own, for reading.
 * Synchronous: a few KiB on a tmpfs.
 */
export function openExecutables(directory: string): void {
  const read = (name: string) => readFileSync(join(directory, name));
  const files = read('files.img');
  const handles = pathDescriptors(files);
  if (!handles.size) return;
  const names = readdirSync(directory).filter((name) => /^mm-\d+\.img$/.test(name));
  const remaps = 'remap-fpath.img';
  const images = new Map(
    [...names, ...(existsSync(join(directory, remaps)) ? [remaps] : [])].map((name) => [name, read(name)]),
  );
  for (const [name, image] of openExecutablesIn(new Map([...images, ['files.img', files]])))
    writeFileSync(join(directory, name), image);
}

/** The images that change, by name; all of an instance are given: `files.img`, `mm-PID.img`, `remap-fpath.img`. */
export function openExecutablesIn(images: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const changed = new Map<string, Buffer>();
  const latest = (name: string) => changed.get(name) ?? images.get(name);
  const handles = pathDescriptors(images.get('files.img')!);
  const readable = new Map<number, number>();
  let free =
    1 +
    [...entriesOf(images.get('files.img')!)].reduce((most, entry) => Math.max(most, field(entry, FILE.id)!.value), 0);
  for (const [name, image] of images) {
    if (!name.startsWith('mm-')) continue;
    const [mm] = entriesOf(image);
    const executable = field(mm!, MM.executable)!.value;
    const handle = handles.get(executable);
    if (!handle) continue;
    let id = readable.get(executable);
    if (id === undefined) {
      readable.set(executable, (id = free++));
      changed.set('files.img', appendEntry(latest('files.img')!, readableEntry(handle, id)));
      const remaps = latest('remap-fpath.img');
      const remap = remaps && [...entriesOf(remaps)].find((entry) => field(entry, REMAP.id)!.value === executable);
      if (remap) changed.set('remap-fpath.img', appendEntry(remaps, withVarint(remap, REMAP.id, id)));
    }
    changed.set(name, appendEntry(image.subarray(0, HEADER), withVarint(mm!, MM.executable, id)));
  }
  return changed;
}

/** Regular files that are open with O_PATH: id -> the message reg_file_entry. */
function pathDescriptors(files: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const entry of entriesOf(files)) {
    const reg = field(entry, FILE.reg);
    const message = reg && entry.subarray(reg.at, reg.end);
    if (message && field(message, REG.flags)!.value & O_PATH) found.set(field(entry, FILE.id)!.value, message);
  }
  return found;
}

function readableEntry(reg: Buffer, id: number): Buffer {
  const readable = withVarint(withVarint(reg, REG.id, id), REG.flags, 0);
  const entry = new BinaryWriter()
    .uint32(FILE.type << 3)
    .uint32(REGULAR)
    .uint32(FILE.id << 3)
    .uint32(id);
  return Buffer.from(
    entry
      .uint32((FILE.reg << 3) | 2)
      .bytes(readable)
      .finish(),
  );
}
