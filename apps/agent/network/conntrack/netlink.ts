import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import { Turn } from '#libs/common/turns';

/** How long the kernel may take to answer, in ms; hundreds of thousands of connections take a second. */
const DEADLINE_MS = 30_000;

/**
 * Netlink sockets for a program that has none: sends each line of hexadecimal messages to NETLINK_NETFILTER (12) at once,
 * prints the kernel's answers, one message a line, `!ERRNO` for a refusal, and `=` when the last message of the line is
 * answered (type 3 ends a dump, type 2 answers everything else). 33 is SO_RCVBUFFORCE.
 */
const PROGRAM = `
use strict; use Socket; $| = 1;
socket(my $s, 16, SOCK_RAW, 12) or die "netlink: $!";
setsockopt($s, SOL_SOCKET, 33, pack("i", 64 << 20));
while (my $line = <STDIN>) {
  chomp $line;
  my $m = pack("H*", $line);
  my ($o, $last) = (0, 0);
  while ($o < length $m) { my ($l, $t, $f, $q) = unpack("LSSL", substr($m, $o, 16)); $last = $q; $o += ($l + 3) & ~3; }
  send($s, $m, 0, pack("SSLL", 16, 0, 0, 0)) or die "send: $!";
  my ($done, $out) = (0, "");
  until ($done) {
    defined recv($s, my $b, 1 << 20, 0) or die "recv: $!";
    for (my $p = 0; $p < length $b;) {
      my ($l, $t, $f, $q) = unpack("LSSL", substr($b, $p, 16));
      if ($t == 3) { $done = 1 }
      elsif ($t == 2) { my $e = unpack("l", substr($b, $p + 16, 4)); $out .= "!" . -$e . "\\n" if $e; $done = 1 if $q == $last }
      else { $out .= unpack("H*", substr($b, $p, $l)) . "\\n" }
      $p += ($l + 3) & ~3;
    }
  }
  print $out, "=\\n";
}`;

/** Answers of the kernel, and the numbers of its refusals (errno). */
export interface NetlinkAnswer {
  messages: Buffer[];
  errors: number[];
}

/** The process with the socket; it is started at the first use, and ends with the agent. */
class NetlinkProcess {
  readonly child: ChildProcess;
  usable = true;
  private answered: (line: string | undefined) => void = () => {};

  constructor() {
    this.child = spawn('perl', ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/' });
    this.child.stdin!.on('error', () => undefined); // its end tells
    const ended = () => {
      this.usable = false;
      this.answered(undefined);
    };
    this.child.on('error', ended).on('exit', ended);
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.answered(line));
    this.hold(false);
  }

  ask(line: Buffer): Promise<NetlinkAnswer> {
    const answer: NetlinkAnswer = { messages: [], errors: [] };
    this.hold(true);
    return new Promise<NetlinkAnswer>((resolve, reject) => {
      const late = setTimeout(() => this.child.kill('SIGKILL'), DEADLINE_MS);
      const end = (settle: () => void) => {
        clearTimeout(late);
        this.answered = () => {};
        this.hold(false);
        settle();
      };
      this.answered = (said) => {
        if (said === undefined) end(() => reject(new Error('the netlink process has ended')));
        else if (said === '=') end(() => resolve(answer));
        else if (said.startsWith('!')) answer.errors.push(Number(said.slice(1)));
        else answer.messages.push(Buffer.from(said, 'hex'));
      };
      if (!this.usable) this.answered(undefined);
      else this.child.stdin!.write(`${line.toString('hex')}\n`);
    });
  }

  /** A process that waits for work does not keep the agent alive. */
  private hold(on: boolean): void {
    for (const part of [this.child, ...(this.child.stdio.slice(0, 2) as Socket[])])
      if (on) part.ref();
      else part.unref();
  }
}

const turn = new Turn();
let process: NetlinkProcess | undefined;

/** Sends messages to the kernel's netfilter in one go, and collects the answers. Throws where there is no answer. */
export function netfilter(messages: Buffer): Promise<NetlinkAnswer> {
  return turn.take(() => {
    if (!process?.usable) process = new NetlinkProcess();
    return process.ask(messages);
  });
}
