import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import type { ExecRequest, ExecResponse } from '#generated/lxstack/agent/v1/agent';
import { ConflictError, InvalidInputError } from '#libs/common/errors';
import type { Runtime } from '../runtime/runtime.js';
import { attachCommand } from './attach-command.js';

/** Messages that wait for a slow reader; beyond these, the command itself waits. */
const BUFFERED = 16;

/** Runs a command inside a running instance: feeds it its input, sends its output, then its exit code. */
export function execHandlers({ runtime }: { runtime: Runtime }) {
  return {
    async *exec(requests: AsyncIterable<ExecRequest>): AsyncGenerator<ExecResponse> {
      const input = requests[Symbol.asyncIterator]();
      const first: ExecRequest | undefined = (await input.next()).value;
      if (first?.message?.$case !== 'start') throw new InvalidInputError('start', 'to be the first message');
      const { program, args, env } = attachCommand(first.message.value, runtime.lxcPath);
      const { instanceId } = first.message.value;
      if (!(await runtime.initPid(instanceId))) throw new ConflictError(`instance ${instanceId} does not run`);
      const child = spawn(program, args, { env, cwd: '/' });
      child.stdin.on('error', () => undefined); // the command ended before it read all; its exit code tells why
      // Ends the command where the caller is gone.
      feed(child, input).catch(() => child.kill('SIGKILL'));
      try {
        yield* outputOf(child);
      } finally {
        if (child.exitCode === null) child.kill('SIGKILL');
      }
    },
  };
}

async function feed(child: ChildProcessWithoutNullStreams, input: AsyncIterator<ExecRequest>): Promise<void> {
  for (let next = await input.next(); !next.done; next = await input.next()) {
    const { message } = next.value;
    if (message?.$case === 'stdin' && !child.stdin.write(message.value)) await once(child.stdin, 'drain');
    if (message?.$case === 'stdinClosed') child.stdin.end();
    if (message?.$case === 'signal') child.kill(message.value);
  }
  child.stdin.end();
}

function outputOf(child: ChildProcessWithoutNullStreams): Readable {
  const merged = new PassThrough({ objectMode: true, highWaterMark: BUFFERED });
  const take = (stream: Readable, wrap: (chunk: Buffer) => ExecResponse) =>
    stream.on('data', (chunk: Buffer) => {
      if (merged.write(wrap(chunk))) return;
      stream.pause();
      merged.once('drain', () => stream.resume());
    });
  take(child.stdout, (value) => ({ message: { $case: 'stdout', value } }));
  take(child.stderr, (value) => ({ message: { $case: 'stderr', value } }));
  child.on('error', (error) => merged.destroy(error));
  child.on('close', (code, signal) => {
    // A signal as a shell reports it: 128 and its number.
    const value = code ?? 128 + (signal ? constants.signals[signal] : 0);
    merged.end({ message: { $case: 'exitCode', value } } satisfies ExecResponse);
  });
  return merged;
}
