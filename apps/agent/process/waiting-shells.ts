import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

export interface Outcome {
  /** Exit status; null where a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Shells that are kept while nothing is to be done. */
const KEPT = 16;
const OUTPUT_LIMIT = 1 << 20;
const idle: Shell[] = [];

/**
 * Runs a command with `input` on stdin, killed after `timeoutMs` (status null). The agent stands still while it forks
 * itself, milliseconds for each of the dozens of commands of a move; a shell that waits forks in a tenth of the time.
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

/** One shell: one command at a time. It ends with the agent, after the command it is at. */
class Shell {
  private readonly child: ChildProcess;
  /** Ends both outputs of a command; nobody who writes there knows it. */
  private readonly mark = randomBytes(16).toString('hex');
  usable = true;

  constructor() {
    // A session of its own: what hangs in it can be killed with all it has started.
    this.child = spawn('/bin/sh', [], { stdio: ['pipe', 'pipe', 'pipe'], detached: true, cwd: '/' });
    this.child.stdin!.on('error', () => undefined); // told by its end
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

  /** Words are quoted and the input is a document without expansion: the shell finds nothing in them to execute. */
  private script(argv: readonly string[], input: string): string {
    if ([...argv, input].some((text) => text.includes('\0'))) throw new Error(`${argv[0]}: a zero byte in its words`);
    const command = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const document = input ? `<<'${this.mark}'\n${input.replace(/\n?$/, '\n')}${this.mark}` : '</dev/null';
    const said = `printf '\\n${this.mark} %s\\n' "$status"`;
    return `${command} ${document}\nstatus=$?\n${said}\n${said} >&2\n`;
  }

  /** What came before the mark, and the status behind it; null where a signal ended the command, or the shell. */
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

  /** While it waits for work it does not keep the process alive. */
  private hold(on: boolean): void {
    const parts = [this.child, ...(this.child.stdio.slice(0, 3) as Socket[])];
    for (const part of parts)
      if (on) part.ref();
      else part.unref();
  }
}

/** A shell tells the signal n as 128 + n. */
const statusOf = (told: number): number | null => (told > 128 && told <= 192 ? null : told);

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
