import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { ImageCache } from '#apps/agent/images/image-cache';
import { chooseDriver } from '#apps/agent/storage/choose-driver';
import type { StorageDriver } from '#apps/agent/storage/storage-driver';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';

/** Above the 65536 ids that instances share, and within this instance's own range. */
const UID = 197_609;
const RANGE = { base: 3_000_000, size: 262_144 };

const cannotUnpack = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'lxc-usernsexec')))
  ? undefined
  : 'no lxc-usernsexec here: run it inside a host (lxstack exec-host)';

let base: string;
let storage: StorageDriver;
let cache: ImageCache;
let archive: { file: string; sha256: string };

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'lxstack-wide-'));
  const [state, root, file] = [join(base, 'state'), join(base, 'root'), join(base, 'image.tar')];
  execFileSync('chmod', ['711', base]);
  await mkdir(state, { mode: 0o711 });
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc/motd'), 'hello\n');
  const owner = ['--numeric-owner', `--owner=${UID}`, `--group=${UID}`];
  execFileSync('tar', ['-c', ...owner, '-C', root, '-f', file, '.']);
  archive = { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
  storage = await chooseDriver({ storage: 'dir', state, sharedStorage: '', name: 'h1' });
  const logger = createLogger('test');
  logger.level = 'silent';
  const directory = join(state, 'images');
  const download = () => createReadStream(archive.file);
  cache = await ImageCache.open({ storage, directory, download, inUse: () => new Set(), logger });
});
after(() => rm(base, { recursive: true, force: true }));

const owner = (more: object) => {
  const image = { imageId: newId(), sha256: archive.sha256, sizeBytes: 0 };
  return cache.use(
    InstanceSpec.fromPartial({ image, ...more }),
    async (place) => (await stat(join(storage.image(place), 'etc/motd'))).uid,
  );
};

test('an image with ids beyond the shared range is unpacked into a range that has them, again and again', async (t) => {
  if (cannotUnpack) return t.skip(cannotUnpack);
  assert.equal(await owner({ idmap: RANGE }), RANGE.base + UID);
  assert.equal(await owner({ idmap: RANGE }), RANGE.base + UID);
  await assert.rejects(owner({}), /IMAGE_FORMAT/);
  await assert.rejects(owner({ idmap: { base: 4_000_000, size: 65_536 } }), /IMAGE_FORMAT/);
});
