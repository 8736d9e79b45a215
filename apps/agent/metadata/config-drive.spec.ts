import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { writeConfigDrive } from './config-drive.js';

const uid = process.getuid!();
const spec = (configDrive: boolean, name = 'one') =>
  InstanceSpec.fromPartial({
    id: '0b5d2c72-12cc-4ba6-a8d7-3ff5cc1d8cb8',
    idmap: { base: uid, size: 65_536 },
    guest: { changing: { name, hostname: 'one' }, configDrive, userData: 'aGVsbG8=' },
  });

test('the directory of an image is replaced, a link in it is not followed, and what is written stays', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'lx-config-drive-'));
  context.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'victim'));
  await symlink(join(root, 'victim'), join(root, 'config-drive'));
  await writeConfigDrive(root, spec(false));
  assert.ok((await lstat(join(root, 'config-drive'))).isSymbolicLink());
  await writeConfigDrive(root, spec(true));
  assert.deepEqual(await readdir(join(root, 'victim')), []);
  const latest = join(root, 'config-drive/openstack/latest');
  assert.equal(await readFile(join(latest, 'user_data'), 'utf8'), 'hello');
  assert.equal((await lstat(latest)).mode & 0o777, 0o500);
  assert.equal((await lstat(join(latest, 'meta_data.json'))).mode & 0o777, 0o400);
  await writeConfigDrive(root, spec(true, 'two'));
  const shown = JSON.parse(await readFile(join(latest, 'meta_data.json'), 'utf8')) as { name: string };
  assert.equal(shown.name, 'one', 'as at the first start');
});
