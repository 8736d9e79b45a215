import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inShell } from './waiting-shells.js';

const run = (argv: string[], input = '', timeoutMs = 10_000) => inShell(argv, input, timeoutMs);

describe('a command run by a waiting shell', () => {
  it('returns stdout, stderr and the status, each of its own command', async () => {
    const script = 'printf out; printf err >&2; exit 3';
    assert.deepEqual(await run(['sh', '-c', script]), { status: 3, stdout: 'out', stderr: 'err' });
    assert.deepEqual(await run(['true']), { status: 0, stdout: '', stderr: '' });
  });

  it('takes words and input as they are: nothing in them is executed or expanded', async () => {
    const words = ["it's", '$(id)', '`id`', '\\', '"', '$HOME', 'a b', '*', '', 'grün', "';id;'"];
    const { stdout } = await run(['printf', '%s\n', ...words]);
    assert.deepEqual(stdout.split('\n').slice(0, -1), words);
    const input = "$(id) `id` $HOME \\ 'EOF'\nsecond\n";
    assert.equal((await run(['cat'], input)).stdout, input);
    await assert.rejects(run(['echo', 'a\0b']), /zero byte/);
  });

  it('runs many at once, and large ones: input of 1 MiB, output cut off at that', async () => {
    const numbers = Array.from({ length: 20 }, (_, at) => String(at));
    const said = await Promise.all(numbers.map((number) => run(['echo', number])));
    assert.deepEqual(
      said.map(({ stdout }) => stdout.trim()),
      numbers,
    );
    const line = `${'x'.repeat(1023)}\n`;
    assert.equal((await run(['wc', '-c'], line.repeat(1024))).stdout.trim(), String(1 << 20));
    const long = await run(['head', '-c', '3000000', '/dev/zero']);
    assert.deepEqual([long.status, long.stdout.length], [0, 1 << 20]);
  });

  it('kills what takes too long with all it has started, and goes on with the next', async () => {
    assert.equal((await run(['sh', '-c', 'sleep 600 & sleep 600'], '', 50)).status, null);
    assert.equal((await run(['sh', '-c', 'kill -9 $$'])).status, null);
    assert.equal((await run(['no-such-command'])).status, 127);
    assert.equal((await run(['echo', 'there'])).stdout, 'there\n');
  });
});
