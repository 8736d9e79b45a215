import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
import { ImageCache } from '#apps/agent/images/image-cache';
import { chooseDriver, overlayWorks } from '#apps/agent/storage/choose-driver';
import { exitOf } from '#apps/agent/process/child-exit';
import type { StorageDriver } from '#apps/agent/storage/storage-driver';
import { createLogger } from '#libs/common/logger';
import { newId } from '#libs/common/ids';

const logger = createLogger('test');
logger.level = 'silent';

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' }).toString();

/** Why a driver cannot be tried on this machine, or undefined; mounts at `place` what the driver needs. */
async function whyNot(name: string, place: string): Promise<string | undefined> {
  if (process.getuid!() !== 0) return 'needs root';
  if (name === 'overlay') return (await overlayWorks(place)) ? undefined : 'no overlay on this file system';
  if (name !== 'btrfs') return undefined;
  const disk = `${place}.img`;
  try {
    await writeFile(disk, '');
    await truncate(disk, 256 * 1024 * 1024);
    run('mkfs.btrfs', '-q', disk);
    run('mount', '-o', 'loop', disk, place);
    return undefined;
  } catch (error) {
    return `no loop-mounted btrfs here: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** Why this machine cannot unpack as a user of the id map. */
const cannotUnpack = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'lxc-usernsexec')))
  ? undefined
  : 'no lxc-usernsexec here: run it inside a host (lxstack exec-host)';

/** Makes archives of a small root with tar. */
async function makeArchive(place: string, program: string): Promise<{ file: string; sha256: string }> {
  const root = join(place, 'made');
  await mkdir(join(root, 'etc'), { recursive: true });
  await mkdir(join(root, 'dev'), { recursive: true });
  await writeFile(join(root, 'etc/motd'), 'hello\n');
  const file = join(place, `image.tar.${program || 'plain'}`);
  run('tar', '-c', ...(program ? [`--use-compress-program=${program}`] : []), '-C', root, '-f', file, '.');
  await rm(root, { recursive: true });
  return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}

for (const name of ['dir', 'overlay', 'btrfs']) {
  describe(`storage driver ${name}`, () => {
    let base: string;
    let place: string;
    let storage: StorageDriver;
    let skip: string | undefined;
    const files = new Map<string, string>();
    let used = new Set(['a'.repeat(64)]);
    const open = () =>
      ImageCache.open({
        storage,
        directory: join(place, 'images'),
        download: ({ sha256 }) => createReadStream(files.get(sha256)!),
        inUse: () => used,
        logger,
      });

    before(async () => {
      base = await mkdtemp(join(tmpdir(), 'lxstack-storage-'));
      run('chmod', '711', base);
      place = join(base, 'state');
      await mkdir(place, { mode: 0o711 });
      skip = await whyNot(name, place);
      if (skip) return;
      storage = await chooseDriver({ storage: name, state: place, sharedStorage: '', name: 'h1' });
      const sealed = 'a'.repeat(64);
      const made = await storage.newImage(sealed);
      await mkdir(join(made, 'etc'));
      await writeFile(join(made, 'etc/motd'), 'hello\n');
      await storage.sealImage(sealed);
    });

    after(async () => {
      if (name === 'btrfs' && !skip) run('umount', '-l', place);
      await rm(base, { recursive: true, force: true });
    });

    test('an image of every archive format is unpacked with shifted owners, and two calls at the same time share one fetch', async (t) => {
      if (skip ?? cannotUnpack) return t.skip(skip ?? cannotUnpack);
      const cache = await open();
      for (const program of ['', 'gzip', 'xz', 'zstd']) {
        const { file, sha256 } = await makeArchive(base, program);
        files.set(sha256, file);
        const image = { imageId: newId(), sha256, sizeBytes: 0 };
        const answers = await Promise.all([cache.ensure(image), cache.ensure(image)]);
        assert.deepEqual(answers, [false, false]);
        assert.equal(await cache.ensure(image), true);
        const motd = join(place, 'images', sha256, 'etc/motd');
        assert.equal(await readFile(motd, 'utf8'), 'hello\n');
        assert.equal((await stat(motd)).uid, SHARED_ID_RANGE.base);
      }
    });

    test('an image that becomes more than it may is refused in words, and leaves nothing', async (t) => {
      if (skip ?? cannotUnpack) return t.skip(skip ?? cannotUnpack);
      const cache = await open();
      const root = join(base, 'bomb');
      await mkdir(join(root, 'etc'), { recursive: true });
      await writeFile(join(root, 'zeros'), Buffer.alloc(8 << 20));
      for (let i = 0; i < 50; i++) await writeFile(join(root, 'etc', `file-${i}`), '');
      for (const [program, setting, value, words] of [
        ['gzip', 'LXSTACK_AGENT_UNPACK_MAX_BYTES', '4000000', /IMAGE_TOO_BIG.* 4000000 bytes .*UNPACK_MAX_BYTES/],
        ['zstd', 'LXSTACK_AGENT_UNPACK_MAX_ENTRIES', '20', /IMAGE_TOO_BIG.* 20 files .*UNPACK_MAX_ENTRIES/],
        ['', 'LXSTACK_AGENT_UNPACK_MAX_BYTES', '4000000', /IMAGE_TOO_BIG/],
      ] as const) {
        const file = join(base, `bomb.${program || 'plain'}`);
        run('tar', '-c', ...(program ? [`--use-compress-program=${program}`] : []), '-C', root, '-f', file, '.');
        const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
        files.set(sha256, file);
        process.env[setting] = value;
        try {
          await assert.rejects(cache.ensure({ imageId: newId(), sha256, sizeBytes: 0 }), words);
        } finally {
          delete process.env[setting];
        }
        assert.equal(await storage.hasImage(sha256), false);
        assert.deepEqual(await readdir(join(place, 'images', `${sha256}.new`)), []);
        assert.equal(
          await cache.ensure({ imageId: newId(), sha256, sizeBytes: 0 }),
          false,
          'within bounds it is taken',
        );
      }
      await rm(root, { recursive: true });
    });

    test('an instance with ids of its own, or those of the host, is made from a copy that is shifted to them', async (t) => {
      if (skip ?? cannotUnpack) return t.skip(skip ?? cannotUnpack);
      const cache = await open();
      const { file, sha256 } = await makeArchive(base, '');
      files.set(sha256, file);
      const image = { imageId: newId(), sha256, sizeBytes: 0 };
      const ownerFor = (spec: object) =>
        cache.use(InstanceSpec.fromPartial({ image, ...spec }), async (at) => {
          const motd = join(storage.image(at), 'etc/motd');
          assert.equal(await readFile(motd, 'utf8'), 'hello\n');
          return (await stat(motd)).uid;
        });
      assert.equal(await ownerFor({}), SHARED_ID_RANGE.base);
      assert.equal(await ownerFor({ config: { 'security.privileged': 'true' } }), 0);
      assert.equal(await ownerFor({ idmap: { base: 2_000_000, size: 65_536 } }), 2_000_000);
      assert.equal(
        (await stat(join(place, 'images'))).mode & 0o777,
        0o700,
        'set-uid programs of the host are for nobody',
      );
      await cache.evict(sha256);
      const left = (await readdir(join(place, 'images'))).filter((name) => name.startsWith(sha256));
      assert.deepEqual(left, []);
    });

    test('an instance has a root of its own, which a repeated clone makes anew and delete removes', async (t) => {
      if (skip) return t.skip(skip);
      const sha256 = 'a'.repeat(64);
      const [one, two] = [newId(), newId()];
      for (const id of [one, two]) {
        await storage.clone(id, sha256);
        await storage.limitDisk(id, 64 * 1024 * 1024);
        await storage.mount(id, sha256);
      }
      await writeFile(join(storage.rootfs(one), 'etc/motd'), 'changed\n');
      assert.equal(await readFile(join(storage.rootfs(two), 'etc/motd'), 'utf8'), 'hello\n');
      for (const id of [one, two, one]) await storage.delete(id);
      for (const id of [one, two])
        assert.deepEqual(await readdir(join(place, 'instances', id)).catch(() => []), [], 'nothing is left');
    });

    test('a disk is kept to its size where the driver says so', async (t) => {
      if (skip) return t.skip(skip);
      if (!storage.limitsDisks) return t.skip(`${name} does not limit disks, and says so`);
      const sha256 = 'a'.repeat(64);
      const id = newId();
      await storage.clone(id, sha256);
      await storage.limitDisk(id, 8 * 1024 * 1024);
      const big = join(storage.rootfs(id), 'big');
      assert.throws(() => run('dd', 'if=/dev/urandom', `of=${big}`, 'bs=1M', 'count=32', 'conv=fsync'), /quota/i);
      await storage.delete(id);
    });

    test('a root goes to another file system as what it has more than the image, then as what has changed since', async (t) => {
      if (skip) return t.skip(skip);
      const from = storage.streams;
      if (!from) return t.skip(`${name} sends no streams`);
      const away = join(base, 'away');
      await mkdir(away, { mode: 0o711 });
      t.after(() => run('umount', '-l', away));
      assert.equal(await whyNot(name, away), undefined);
      const other = await chooseDriver({ storage: name, state: away, sharedStorage: '', name: 'h1' });
      const to = other.streams!;
      const image = 'b'.repeat(64);
      for (const driver of [storage, other]) {
        const made = await driver.newImage(image);
        await writeFile(join(made, 'big'), Buffer.alloc(4 << 20, 'x'));
        await driver.sealImage(image);
      }
      assert.deepEqual([await from.knowsImage(image), await to.knowsImage(image)], [true, true]);
      const id = newId();
      await storage.clone(id, image);
      await other.createEmpty(id, image);
      const sent = async (pass: number, since: Parameters<typeof from.send>[2]) => {
        const [send, receive] = [from.send(id, pass, since), to.receive(id)];
        const ended = Promise.all([exitOf(send), exitOf(receive)]);
        let bytes = 0;
        send.stdout!.on('data', (chunk: Buffer) => (bytes += chunk.length)).pipe(receive.stdin!);
        await ended;
        return bytes;
      };
      await writeFile(join(storage.rootfs(id), 'own'), 'first');
      await from.snapshot(id, 1);
      assert.ok((await sent(1, { image })) < 100_000, 'the image is not sent');
      await writeFile(join(storage.rootfs(id), 'own'), 'second');
      await from.snapshot(id, 2);
      assert.ok((await sent(2, { pass: 1 })) < 100_000);
      await to.adopt(id, 2, 64 << 20);
      assert.equal(await readFile(join(other.rootfs(id), 'own'), 'utf8'), 'second');
      assert.equal((await stat(join(other.rootfs(id), 'big'))).size, 4 << 20);
      await writeFile(join(other.rootfs(id), 'own'), 'it can be written');
      await from.discardCopies(id);
      for (const driver of [storage, other]) {
        assert.deepEqual(await readdir(join(driver.rootfs(id), '..')), ['rootfs'], 'no copy is left');
        await driver.delete(id);
        await driver.deleteImage(image);
      }
    });

    test('an image whose digest is another is refused and leaves nothing', async (t) => {
      if (skip) return t.skip(skip);
      const cache = await open();
      const wrong = 'f'.repeat(64);
      files.set(wrong, import.meta.filename);
      await assert.rejects(cache.ensure({ imageId: newId(), sha256: wrong, sizeBytes: 0 }), /IMAGE_DIGEST_MISMATCH/);
      const left = (await readdir(join(place, 'images'))).filter((file) => file.startsWith(wrong));
      assert.deepEqual(left, []);
    });

    test('an archive with paths and links that lead out of the root writes nothing outside', async (t) => {
      if (skip ?? cannotUnpack) return t.skip(skip ?? cannotUnpack);
      const cache = await open();
      const outside = join(base, 'outside');
      await mkdir(outside, { recursive: true, mode: 0o755 });
      await mkdir(join(base, 'evil/escape'), { recursive: true });
      await writeFile(join(base, 'evil/escape/owned'), 'x');
      const file = join(base, 'evil.tar');
      run('tar', '-c', '-C', join(base, 'evil'), `--transform=s,^escape,../../../outside,`, '-P', '-f', file, 'escape');
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      files.set(sha256, file);
      await assert.rejects(cache.ensure({ imageId: newId(), sha256, sizeBytes: 0 }), /IMAGE_FORMAT/);
      await assert.rejects(lstat(join(outside, 'owned')), /ENOENT/);
    });

    test('half-made images go at the start; an image in use is not evicted, an unused one is', async (t) => {
      if (skip) return t.skip(skip);
      await storage.newImage('e'.repeat(64));
      await writeFile(join(place, 'images', `${'e'.repeat(64)}.blob`), 'half');
      const cache = await open();
      assert.equal((await readdir(join(place, 'images'))).filter((file) => file.startsWith('e'.repeat(64))).length, 0);
      const sha256 = 'a'.repeat(64);
      used = new Set([sha256]);
      await assert.rejects(cache.evict(sha256), /is used/);
      used = new Set();
      assert.equal(await cache.evict(sha256), true);
      assert.equal(await cache.evict(sha256), false);
    });
  });
}
