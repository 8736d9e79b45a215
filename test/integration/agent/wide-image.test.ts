import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { requireInit } from '#apps/agent/instances/guest-init';
import { ImageCache } from '#apps/agent/images/image-cache';
import { chooseDriver } from '#apps/agent/storage/choose-driver';
import type { StorageDriver } from '#apps/agent/storage/storage-driver';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
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

test('an instance without an image is made from an empty directory of its own range, nothing else is in it', async () => {
  for (const [idmap, root] of [
    [undefined, SHARED_ID_RANGE.base],
    [RANGE, RANGE.base],
  ] as const) {
    const spec = InstanceSpec.fromPartial({ id: newId(), idmap });
    await cache.use(spec, async (place) => {
      assert.deepEqual(await readdir(storage.image(place)), []);
      const { uid, gid, mode } = await stat(storage.image(place));
      assert.deepEqual([uid, gid, mode & 0o777], [root, root, 0o755]);
      await storage.clone(spec.id, place);
      await storage.mount(spec.id, place);
    });
    await assert.rejects(requireInit(spec, storage.rootfs(spec.id)), { name: 'ConflictError' });
    await mkdir(join(storage.rootfs(spec.id), 'sbin'));
    await writeFile(join(storage.rootfs(spec.id), 'sbin/init'), '');
    await requireInit(spec, storage.rootfs(spec.id));
    await storage.delete(spec.id);
  }
});
