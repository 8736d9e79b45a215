import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CommandError } from '../process/command-error.js';
import { ProjectQuotas } from './project-quotas.js';

// The kernel of the suite has no project quotas (CONFIG_QFMT_V2): what is told to the programs is tested here.
describe('disk limits by project quota', () => {
  let state: string;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'lxstack-quota-'));
    await mkdir(join(state, 'instances', 'old'), { recursive: true });
    await mkdir(join(state, 'instances', 'before-quotas'));
  });
  after(() => rm(state, { recursive: true, force: true }));

  /** A host with this file system; answers as the programs do and keeps what was told to change something. */
  function host(fstype: string, options: string, refuses?: string) {
    const told: string[] = [];
    const run = async (command: string, args: readonly string[]): Promise<string> => {
      if (command === refuses) throw new CommandError(command, 127, 'not found');
      if (command === 'findmnt') return JSON.stringify({ filesystems: [{ target: '/srv', fstype, options }] });
      if (command === 'lsattr')
        return `1000000 -------------------P-- ${state}/instances/old\n    0 ---------------------- ${state}/instances/before-quotas\n`;
      told.push([command, ...args].join(' '));
      return '';
    };
    return { told, run };
  }
  const trial = ['setquota -P 999999 0 1024 0 0 /srv', 'setquota -P 999999 0 0 0 0 /srv'];

  it('are there where ext4 or XFS is mounted with them and the programs work', async () => {
    const { run, told } = host('ext4', 'rw,relatime,prjquota');
    assert.ok(await ProjectQuotas.open(state, run));
    assert.deepEqual(told, trial);
    assert.ok(await ProjectQuotas.open(state, host('xfs', 'rw,pquota').run));
    assert.equal(await ProjectQuotas.open(state, host('ext4', 'rw,usrquota').run), undefined);
    assert.equal(await ProjectQuotas.open(state, host('tmpfs', 'rw,prjquota').run), undefined);
    for (const program of ['findmnt', 'setquota', 'lsattr'])
      assert.equal(await ProjectQuotas.open(state, host('ext4', 'prjquota', program).run), undefined, program);
  });

  it('give each folder a project of its own, once, and limit it in kibibytes, rounded up', async () => {
    const { run, told } = host('ext4', 'prjquota');
    const quotas = (await ProjectQuotas.open(state, run))!;
    const [a, b] = ['a', 'b'].map((name) => join(state, 'instances', name));
    await Promise.all([quotas.own(a!), quotas.own(b!), quotas.own(a!)]);
    await quotas.limit(b!, 1025);
    assert.deepEqual(told.slice(2), [
      `chattr -p 1000001 +P -- ${a}`, // 1000000 is taken since before the agent was started
      `chattr -p 1000002 +P -- ${b}`,
      'setquota -P 1000002 0 2 0 0 /srv',
    ]);
  });

  it('lift the limit before an id is given to another folder', async () => {
    const { run, told } = host('xfs', 'prjquota');
    const quotas = (await ProjectQuotas.open(state, run))!;
    await quotas.forget(join(state, 'instances', 'old'));
    await quotas.own(join(state, 'instances', 'new'));
    assert.deepEqual(told.slice(2), [
      'setquota -P 1000000 0 0 0 0 /srv',
      `chattr -p 1000000 +P -- ${state}/instances/new`,
    ]);
  });

  it('leave alone a folder that was filled before there were quotas', async () => {
    const { run, told } = host('ext4', 'prjquota');
    const quotas = (await ProjectQuotas.open(state, run))!;
    await quotas.limit(join(state, 'instances', 'before-quotas'), 1 << 30);
    assert.deepEqual(told, trial);
  });
});
