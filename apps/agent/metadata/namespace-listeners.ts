import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Server } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UnavailableError } from '#libs/common/errors';

/** A raw listening socket, as `net.Server.listen` takes it. */
export type ListenHandle = Parameters<Server['listen']>[0];

const SCRIPT = fileURLToPath(new URL('../../../../apps/agent/metadata/open-listener.pl', import.meta.url));
const DEADLINE_MS = 30_000;
/** Namespaces for which one process makes the sockets. */
const MOST_AT_ONCE = 200;

interface Waiting {
  path: string;
  resolve: (handle: ListenHandle) => void;
  reject: (error: Error) => void;
}

/**
 * Opens sockets that listen on TCP port 80 of network namespaces, by a short-lived process that enters them. What is asked
 * for while one such process runs is done by the next, all of it together.
 */
export class NamespaceListeners {
  private readonly queue: Waiting[] = [];
  private running = false;

  /** `path`: the namespace's file. Throws UnavailableError. */
  open(path: string): Promise<ListenHandle> {
    return new Promise((resolve, reject) => {
      this.queue.push({ path, resolve, reject });
      void this.work();
    });
  }

  private async work(): Promise<void> {
    if (this.running) return;
    this.running = true;
    while (this.queue.length) await openAll(this.queue.splice(0, MOST_AT_ONCE));
    this.running = false;
  }
}

/** Settles all of `waiting`; never rejects. */
async function openAll(waiting: readonly Waiting[]): Promise<void> {
  const left = new Map(waiting.map((one, n) => [String(n), one]));
  const settle = (key: string, act: (one: Waiting) => void) => {
    const one = left.get(key);
    left.delete(key);
    if (one) act(one);
    if (!left.size) child.stdin!.end(); // it ends when it has nothing more to read
  };
  const child = spawn('perl', [SCRIPT], { stdio: ['pipe', 'pipe', 'ignore', 'ipc'], timeout: DEADLINE_MS });
  child.stdin!.on('error', () => undefined); // the end of the process tells
  child.on('message', ({ key }: { key: string }, handle) => settle(key, ({ resolve }) => resolve(handle)));
  createInterface(child.stdout!).on('line', (line) => {
    const [key = '', ...words] = line.split(' ');
    settle(key, ({ reject }) => reject(new UnavailableError(words.join(' ').slice(0, 500))));
  });
  child.stdin!.write([...left].map(([key, { path }]) => `${key} ${path}\n`).join(''));
  await ended(child);
  for (const { path, reject } of left.values()) reject(new UnavailableError(`no socket was made in ${path}`));
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}
