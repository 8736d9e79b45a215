import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** The Python of Debian's python3-openstackclient. */
const PYTHON = '/usr/bin/python3';

/** Runs the client's entry point for each line, and answers with what the program would have ended with. */
const PROGRAM = `
import contextlib, io, json, sys
from openstackclient import shell
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = shell.main(json.loads(line))
        except SystemExit as end:
            status = end.code
    print(json.dumps({'status': status, 'stdout': out.getvalue(), 'stderr': err.getvalue()}), flush=True)
`;

interface Answer {
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * The real client (python3-openstackclient), which finds everything by the OS_* variables. One process runs all commands,
 * each as the program `openstack` would with those words, because the start of Python takes longer than most commands.
 */
export class OpenStackClient {
  private readonly process: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;

  constructor(env: NodeJS.ProcessEnv) {
    this.process = spawn(PYTHON, ['-c', PROGRAM], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface(this.process.stdout);
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  /** Runs `openstack` with these words, one command at a time; resolves with its stdout. Rejects where it fails. */
  async run(...words: string[]): Promise<string> {
    this.process.stdin.write(`${JSON.stringify(words)}\n`);
    const line = await this.answers.next();
    if (line.done) throw new Error(`the client has ended at: openstack ${words.join(' ')}`);
    const { status, stdout, stderr } = JSON.parse(line.value) as Answer;
    if (status) throw new Error(`openstack ${words.join(' ')}: ${status}\n${stderr}${stdout}`);
    return stdout;
  }

  close(): void {
    this.lines.close();
    this.process.kill();
  }
}
