import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { HEADER, appendEntry, withVarint } from '../image-fields.js';

/** CRIU's `mountpoints-N.img`, one per mount namespace: two magic words, then entries of a length and a message. */
const IMAGE = /^mountpoints-\d+\.img$/;
/** Fields of its `mnt_entry` (CRIU: images/mnt.proto). */
const [SHARED_ID, MASTER_ID] = [10, 11];

interface Mount {
  message: Buffer;
  sharedId: number;
  masterId: number;
}

/**
 * CRIU 4.2 takes all mounts that only follow the same peer group for one, and refuses where their roots do not lie in each
 * other: the mounts at /run/systemd/incoming of any two services that systemd gives mounts of their own. Each becomes a peer
 * group of its own that follows the same: what is mounted later reaches it as before. Synchronous: a few KiB on a tmpfs.
 */
export function separateFollowers(directory: string): void {
  const names = readdirSync(directory).filter((name) => IMAGE.test(name));
  const images = names.map((name) => readFileSync(join(directory, name)));
  for (const [index, image] of separateFollowersIn(images).entries())
    if (image !== images[index]) writeFileSync(join(directory, names[index]!), image);
}

/** The images of one instance; one with nothing to part is given back as it is. */
export function separateFollowersIn(images: readonly Buffer[]): Buffer[] {
  const parsed = images.map(mountsOf);
  const all = parsed.flat();
  const peers = new Set(all.map(({ sharedId }) => sharedId));
  const followers = (master: number) => all.filter((mount) => !mount.sharedId && mount.masterId === master).length;
  // Those that follow a mount outside the instance are CRIU's business.
  const refused = new Set([...peers].filter((id) => id && followers(id) > 1));
  let free = Math.max(0, ...all.flatMap(({ sharedId, masterId }) => [sharedId, masterId])) + 1;
  return images.map((image, index) => {
    const mounts = parsed[index]!;
    const isRefused = ({ sharedId, masterId }: Mount) => !sharedId && refused.has(masterId);
    if (!mounts.some(isRefused)) return image;
    const shared = ({ message }: Mount) => withVarint(message, SHARED_ID, free++);
    const messages = mounts.map((mount) => (isRefused(mount) ? shared(mount) : mount.message));
    return messages.reduce(appendEntry, image.subarray(0, HEADER));
  });
}

function mountsOf(image: Buffer): Mount[] {
  const mounts: Mount[] = [];
  for (let at = HEADER; at < image.length;) {
    const end = at + 4 + image.readUInt32LE(at);
    mounts.push(mountOf(image.subarray(at + 4, end)));
    at = end;
  }
  return mounts;
}

function mountOf(message: Buffer): Mount {
  const mount = { message, sharedId: 0, masterId: 0 };
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === SHARED_ID) mount.sharedId = reader.uint32();
    else if (field === MASTER_ID) mount.masterId = reader.uint32();
    else reader.skip(type);
  }
  return mount;
}
