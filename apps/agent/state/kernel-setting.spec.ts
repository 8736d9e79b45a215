import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { KernelSetting } from './kernel-setting.js';

let directory: string;
let path: string;
let setting: KernelSetting;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lx-kernel-setting-'));
  path = join(directory, 'switch');
  await writeFile(path, '0\n');
  setting = new KernelSetting(path, join(directory, 'records'));
});
afterEach(() => rm(directory, { recursive: true }));

const now = async () => (await readFile(path, 'utf8')).trim();

test('it is what it was before the first holder once the last one has let go', async () => {
  const [one, other] = [await setting.hold('1'), await new KernelSetting(path, join(directory, 'records')).hold('1')];
  await one();
  await one();
  assert.equal(await now(), '1');
  await other();
  assert.equal(await now(), '0');
});

test('a value that somebody sets by hand between two holds is kept', async () => {
  await (
    await setting.hold('1')
  )();
  await writeFile(path, '2');
  await (
    await setting.hold('1')
  )();
  assert.equal(await now(), '2');
});

test('the value that a killed agent held is put back by the next agent', async () => {
  const script = `import { KernelSetting } from ${JSON.stringify(import.meta.resolve('./kernel-setting.js'))};
    await new KernelSetting(${JSON.stringify(path)}, ${JSON.stringify(join(directory, 'records'))}).hold('1');
    console.log('held');
    setInterval(() => {}, 1000);`;
  const agent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(agent.stdout, 'data');
  assert.equal(await now(), '1');
  await setting.mend();
  assert.equal(await now(), '1', 'it lives and wants it');
  agent.kill('SIGKILL');
  await once(agent, 'exit');
  const release = await setting.hold('1');
  await release();
  assert.equal(await now(), '0');
});

test('a limit is raised and never lowered, and goes back when nobody needs it', async () => {
  await writeFile(path, '100');
  const [one, other] = [await setting.holdAtLeast(500), await setting.holdAtLeast(200)];
  assert.equal(await now(), '500');
  await one();
  assert.equal(await now(), '500', 'the other still needs more than there was');
  await other();
  assert.equal(await now(), '100');
  const satisfied = await setting.holdAtLeast(50);
  await writeFile(path, '70');
  await satisfied();
  assert.equal(await now(), '70', 'what no agent changed is not touched');
  await writeFile(path, '0');
  await (
    await setting.holdAtLeast(500, 0)
  )();
  assert.equal(await now(), '0');
});
