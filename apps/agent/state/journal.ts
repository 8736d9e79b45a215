import { appendFile, readFile } from 'node:fs/promises';
import type { Call } from '#generated/lxstack/agent/v1/types';
import { writeAtomically } from './atomic-file.js';
import { onReserve } from './disk-reserve.js';

interface Entry {
  key: string;
  at: number;
  response: unknown;
}

const KEPT = 5_000;
const KEPT_MS = 24 * 3600_000;

/**
 * Outcomes by operation and step. A repeated call gets the first call's answer; one that comes while the first still
 * runs joins it. Failures are not kept: a repeated step is a new attempt.
 */
export class Journal {
  private readonly entries = new Map<string, Entry>();
  private readonly running = new Map<string, Promise<unknown>>();
  private appended = 0;

  private constructor(private readonly file: string) {}

  /** Reads the journal and forgets old outcomes. */
  static async open(file: string, now = Date.now()): Promise<Journal> {
    const journal = new Journal(file);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    for (const line of text.split('\n')) {
      const entry = parse(line);
      if (entry && entry.at > now - KEPT_MS) journal.remember(entry);
    }
    await journal.compact();
    return journal;
  }

  /** Runs `work` unless the call's step has an outcome. `method` tells two calls of one step apart. */
  async once<T>(method: string, call: Call | undefined, work: () => Promise<T>): Promise<T> {
    if (!call?.operationId) return work();
    const key = `${call.operationId}/${call.step}/${method}`;
    const done = this.entries.get(key);
    if (done) return done.response as T;
    const running = this.running.get(key);
    if (running) return running as Promise<T>;
    const mine = work().then(async (response) => {
      await this.keep({ key, at: Date.now(), response });
      return response;
    });
    this.running.set(key, mine);
    try {
      return await mine;
    } finally {
      this.running.delete(key);
    }
  }

  private async keep(entry: Entry): Promise<void> {
    this.remember(entry);
    await onReserve(() => appendFile(this.file, `${JSON.stringify(entry)}\n`, { mode: 0o600 }));
    if (++this.appended > KEPT) await this.compact();
  }

  private remember(entry: Entry): void {
    this.entries.set(entry.key, entry);
    if (this.entries.size > KEPT) this.entries.delete(this.entries.keys().next().value!);
  }

  private async compact(): Promise<void> {
    this.appended = 0;
    await writeAtomically(this.file, [...this.entries.values()].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  }
}

/** A line that a crash cut short is no entry. */
function parse(line: string): Entry | undefined {
  try {
    return line ? (JSON.parse(line) as Entry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
