import { chmod, chown, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { isPrivileged } from '../images/id-maps.js';
import { ec2Answer } from './ec2-forms.js';
import { guestOf } from './guest.js';
import type { Guest } from './guest.js';
import { openstackAnswer, openstackVersions } from './openstack-forms.js';

/** Where cloud-init's ConfigDrive looks for a directory. */
const DIRECTORY = 'config-drive';

/**
 * Nova: config_drive: writes what the metadata service tells to a directory that only the guest's root may read, before
 * the first start of a disk; later changes are not in it. As part of the root it goes wherever the disk goes. The guest
 * must not run: nothing is followed that its image may have put there.
 */
export async function writeConfigDrive(rootfs: string, spec: InstanceSpec): Promise<void> {
  const guest = guestOf(spec);
  if (!guest?.data.configDrive) return;
  const top = join(rootfs, DIRECTORY);
  if (await isWritten(top)) return;
  await rm(top, { recursive: true, force: true });
  const owner = isPrivileged(spec) ? 0 : (spec.idmap?.base ?? 0);
  const directories = new Set([top]);
  for (const [path, body] of filesOf(guest)) {
    const file = join(top, path);
    for (let at = dirname(file); at !== top; at = dirname(at)) directories.add(at);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body, { flag: 'wx', mode: 0o400 });
    await chown(file, owner, owner);
  }
  for (const path of [...directories].sort().reverse()) {
    await chown(path, owner, owner);
    await chmod(path, 0o500);
  }
}

async function isWritten(top: string): Promise<boolean> {
  const found = await Promise.all([top, join(top, 'openstack')].map((path) => lstat(path).catch(() => undefined)));
  return found.every((one) => one?.isDirectory() ?? false);
}

/** Path and content of each file (Nova API: config drive). */
function filesOf(guest: Guest): Map<string, string | Buffer> {
  const files = new Map<string, string | Buffer>();
  const seed = randomBytes(512).toString('base64');
  for (const version of openstackVersions)
    for (const file of ['meta_data.json', 'user_data', 'vendor_data.json', 'network_data.json', 'vendor_data2.json']) {
      const answer = openstackAnswer(guest, [version, file], () => seed);
      if (answer) files.set(`openstack/${version}/${file}`, answer.body);
    }
  for (const version of ['2009-04-04', 'latest']) {
    const userData = ec2Answer(guest, [version, 'user-data']);
    if (userData) files.set(`ec2/${version}/user-data`, userData.body);
  }
  return files;
}
