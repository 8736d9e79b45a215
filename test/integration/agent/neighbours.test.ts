import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { promisify } from 'node:util';

const skip = process.getuid?.() === 0 ? false : 'only root can make a network namespace';

/** In a namespace of its own: removes `missing` and `known`, and adds `fresh`, in one batch; prints the neighbours. */
const script = `
  import { execFileSync } from 'node:child_process';
  import { ipBatch, ipBatchForce } from '#apps/agent/network/commands';
  import { neighbourRemoval } from '#apps/agent/network/forwarding';
  const [missing, known, fresh] = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];
  const add = (address) => 'neigh replace ' + address + ' lladdr fa:16:3e:00:00:0a dev lxb7 nud permanent';
  await ipBatch(['link add lxb7 type bridge', 'link set lxb7 up', add(known)]);
  await ipBatchForce([...[missing, known].flatMap((address) => neighbourRemoval('lxb7', address)), add(fresh)]);
  console.log(execFileSync('ip', ['-j', 'neigh', 'show', 'dev', 'lxb7'], { encoding: 'utf8' }).trim());
  process.exit(0);
`;

it('a neighbour that is not there does not keep the changes behind it from the kernel', { skip }, async () => {
  const node = [process.execPath, '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)('unshare', ['--net', ...node]);
  const rows = JSON.parse(stdout.split('\n').at(-2)!) as { dst: string }[];
  assert.deepEqual(
    rows.map(({ dst }) => dst),
    ['10.1.0.3'],
  );
});
