import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

export interface Outcome {
  /** Exit status; null where a signal ended the command. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Shells that are kept while there is no work for them. */
const KEPT = 16;
const OUTPUT_LIMIT = 1 << 20;
const idle: Shell[] = [];

/**
 * Runs a command with `input` on stdin; kills it after `timeoutMs` (status null). A fork of the agent stops it for
 * milliseconds, for each of the dozens of commands of a move; a small waiting shell forks in a tenth of that time.
 */
export async function inShell(argv: readonly string[], input: string, timeoutMs: number): Promise<Outcome> {
  let shell = idle.pop();
  while (shell && !shell.usable) shell = idle.pop();
  shell ??= new Shell();
  const outcome = await shell.run(argv, input, timeoutMs);
  if (!shell.usable || idle.length >= KEPT) shell.end();
  else idle.push(shell);
  return outcome;
}

/** A shell that runs one command at a time. It ends with the agent, after its present command. */
class Shell {
  private readonly child: ChildProcess;
  /** Marks the end of a command's outputs; random, so that no command writes it. */
  private readonly mark = randomBytes(16).toString('hex');
  usable = true;

  constructor() {
    // A session of its own, so that a hanging command can be killed with all that it has started.
    this.child = spawn('/bin/sh', [], { stdio: ['pipe', 'pipe', 'pipe'], detached: true, cwd: '/' });
    this.child.stdin!.on('error', () => undefined); // its end tells
    this.child.on('error', () => (this.usable = false));
    this.child.on('exit', () => (this.usable = false));
    this.hold(false);
  }

  end(): void {
    this.child.stdin!.end();
  }

  async run(argv: readonly string[], input: string, timeoutMs: number): Promise<Outcome> {
    const script = this.script(argv, input);
    this.hold(true);
    const outputs = Promise.all([this.upToMark('stdout'), this.upToMark('stderr')]);
    const late = setTimeout(() => this.kill(), timeoutMs);
    this.child.stdin!.write(script);
    try {
      const [[stdout, status], [stderr]] = await outputs;
      return { status, stdout, stderr };
    } finally {
      clearTimeout(late);
      this.hold(false);
    }
  }

  /**
   * Quotes the words, and passes the input as a document without expansion: the shell finds nothing to execute in them.
   */
  private script(argv: readonly string[], input: string): string {
    if ([...argv, input].some((text) => text.includes('\0'))) throw new Error(`${argv[0]}: a zero byte in its words`);
    const command = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const document = input ? `<<'${this.mark}'\n${input.replace(/\n?$/, '\n')}${this.mark}` : '</dev/null';
    const said = `printf '\\n${this.mark} %s\\n' "$status"`;
    return `${command} ${document}\nstatus=$?\n${said}\n${said} >&2\n`;
  }

  /** The output before the mark, and the status after it; null where a signal ended the command or the shell. */
  private upToMark(name: 'stdout' | 'stderr'): Promise<[string, number | null]> {
    const stream = this.child[name]!;
    const end = new RegExp(`\\n${this.mark} (\\d+)\\n$`);
    let text = '';
    return new Promise((resolve) => {
      const done = (output: string, status: number | null) => {
        stream.off('data', take).off('close', ended);
        resolve([utf8(output.slice(0, OUTPUT_LIMIT)), status]);
      };
      const ended = () => done(text, null);
      const take = (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.length > 2 * OUTPUT_LIMIT) text = text.slice(0, OUTPUT_LIMIT) + text.slice(-OUTPUT_LIMIT / 2);
        const found = end.exec(text.slice(-100));
        if (found) done(text.slice(0, -found[0].length), statusOf(Number(found[1])));
      };
      stream.on('data', take).on('close', ended);
      if (!this.usable) ended();
    });
  }

  private kill(): void {
    this.usable = false;
    if (this.child.pid) process.kill(-this.child.pid, 'SIGKILL');
  }

  /** A shell that waits for work does not keep the process alive. */
  private hold(on: boolean): void {
    const parts = [this.child, ...(this.child.stdio.slice(0, 3) as Socket[])];
    for (const part of parts)
      if (on) part.ref();
      else part.unref();
  }
}

/** A shell reports the signal n as 128 + n. */
const statusOf = (told: number): number | null => (told > 128 && told <= 192 ? null : told);

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
