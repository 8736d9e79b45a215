import { constants, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { run } from '../../process/run.js';
import { moveFile } from '../move-files.js';

/** Events that the `criu` wrapper and the action script tell when they come to them. */
export type ScriptEvent = 'ready' | 'cut' | 'uncut' | 'dumped' | 'namespaces' | 'sockets' | 'restored';

/**
 * The agent's ends of a move's two FIFOs. The scripts notice the agent's death by the end of `answers`, which the kernel
 * closes then. Node opens files close-on-exec, so no child of the agent holds it open.
 */
export class ScriptLink {
  private readonly events: Socket;
  private readonly answers: number;
  private readonly seen = new Map<ScriptEvent, number>();
  private readonly waiting = new Map<ScriptEvent, PromiseWithResolvers<void>>();
  private closed = false;

  private constructor(directory: string) {
    const flags = constants.O_RDWR | constants.O_NONBLOCK;
    this.answers = openSync(moveFile(directory, 'answers'), flags);
    this.events = new Socket({ fd: openSync(moveFile(directory, 'events'), flags), readable: true, writable: false });
    let rest = '';
    this.events.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.arrived(line.trim() as ScriptEvent);
    });
  }

  static async create(directory: string): Promise<ScriptLink> {
    const paths = (['events', 'answers'] as const).map((file) => moveFile(directory, file));
    await Promise.all(paths.map((path) => rm(path, { force: true })));
    await run('mkfifo', ['-m', '600', ...paths]);
    return new ScriptLink(directory);
  }

  /** After a restart of the agent: a script that waits at these FIFOs goes on with this agent. */
  static reopen(directory: string): ScriptLink {
    return new ScriptLink(directory);
  }

  /** Resolves with the time (performance.now) at which the event was told, at once where it was told before. */
  async when(event: ScriptEvent): Promise<number> {
    if (!this.seen.has(event)) {
      const waiting = this.waiting.get(event) ?? Promise.withResolvers<void>();
      this.waiting.set(event, waiting);
      await waiting.promise;
    }
    return this.seen.get(event)!;
  }

  time(event: ScriptEvent): number | undefined {
    return this.seen.get(event);
  }

  /** Does nothing once it is closed: its descriptor's number may belong to another file by then. */
  answer(word: 'go' | 'restore' | 'commit' | 'abort'): void {
    if (!this.closed) writeSync(this.answers, `${word}\n`);
  }

  /** Closed again, nothing happens. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.events.destroy();
    new Socket({ fd: this.answers, readable: false, writable: true }).destroy();
  }

  private arrived(event: ScriptEvent): void {
    this.seen.set(event, performance.now());
    this.waiting.get(event)?.resolve();
    this.waiting.delete(event);
  }
}
