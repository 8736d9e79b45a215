import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';

/**
 * The files of one move, in `RUN/moves/ID/` of each end. By them the agent, the scripts in `criu/scripts` and the next
 * agent, after a crash, know how far the move is. The directory is on a tmpfs: a reboot of the host removes them, as it
 * removes what they tell of. The names on the disk never change, because a new agent finds the directories of an old one.
 */
export const MOVE_FILES = {
  // Marks of the commit. The agent writes them; the action script reads them when its agent is gone.

  /** Empty file: a commit may have been asked for. Without it nobody can have committed, and the move is undone. */
  awaitingCommit: 'awaiting',
  /** Empty file: the move is committed. The target lets the instance run, the source lets it be killed. */
  committed: 'committed',

  // The conversation of the agent with its scripts: two FIFOs, read line by line.

  /** FIFO, script to agent: a `ScriptEvent` when the script comes to it. */
  events: 'events',
  /** FIFO, agent to script: `go`, `restore`, `commit` or `abort`. It ends for the script when the agent dies. */
  answers: 'answers',

  // Processes. Each file holds one pid.

  /** Agent: lxc-checkpoint of this end. The next agent waits for its end. */
  checkpointPid: 'checkpoint.pid',
  /** Action script, at `post-setup-namespaces`: the init that CRIU restores, as this host numbers it. */
  initPid: 'pid',
  /** Script `lazy-pages`: itself. There as soon as it runs, and only in moves whose pages come after the restore. */
  lazyPid: 'lazy.pid',

  // Pages that come after the restore: the action script, before it lets the instance run, and the script `lazy-pages`.

  /** Action script, at `pre-resume`: every task is restored; `lazy-pages` is to take hold of each task's userfaultfd. */
  lazyAsked: 'asked',
  /** `lazy-pages`: it holds them (their number). The death of CRIU can no longer turn missing pages into zeros. */
  lazyHeld: 'kept',
  /** `lazy-pages`, last of all: the exit status of `criu lazy-pages`; 0: every page is mapped. */
  lazyEnded: 'lazy.ended',

  // What the target's agent has the action script put into the restored network namespace, ahead of the sockets.

  /** `ip -batch`: the NICs as the instance's spec has them, then addresses, IPv4 routes and rules that the guest made. */
  nics: 'nics',
  /** What `ip` and `nft` complained of meanwhile. */
  nicsLog: 'nics.log',
  /** `ip -6 -batch`: IPv6 routes and rules that the guest made. */
  guestIpv6: 'guest6',
  /** `nft -f`: keeps SYNs on the loopback device until the instance runs; there where one of its sockets waits for an answer. */
  loopbackGate: 'gate',

  // Directories.

  /** CRIU's images. A cold move has none. */
  images: 'images',
  /** Target: images whose pages were sent before the freeze; `lazy-pages` reads these instead where they are there. */
  lazyImages: 'lazy',
  /** Source: links to the host's cgroup hierarchies for CRIU (`--cgroup-yard`), and where they lead after init's dump. */
  cgroupYard: 'yard',
  noCgroups: 'empty',

  /** What lxc-checkpoint printed. */
  lxcLog: 'lxc.log',
  /** The CPU shares that `criu/cpu-share.ts` is to put back, as JSON. */
  cpuShare: 'cpu-share',
} as const;

export type MoveFile = keyof typeof MOVE_FILES;

/** The path of one of a move's files. */
export const moveFile = (directory: string, file: MoveFile): string => join(directory, MOVE_FILES[file]);

/** Whether the file is there. Synchronous, as `markMove` is. */
export const hasMoveFile = (directory: string, file: MoveFile): boolean => existsSync(moveFile(directory, file));

/** Synchronous: nothing else of the agent may happen between the decision and the mark. */
export function markMove(directory: string, mark: 'awaitingCommit' | 'committed'): void {
  writeFileSync(moveFile(directory, mark), '');
}

/**
 * Whether a commit may have been asked for, as the next agent sees it after a restart. A live move has the mark; a cold one,
 * and a live one after a reboot of the host, only the phase of its record.
 */
export function commitMayBeAsked(directory: string, live: boolean, phase: MigrationPhase): boolean {
  if (live && hasMoveFile(directory, 'images')) return hasMoveFile(directory, 'awaitingCommit');
  return phase === MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT;
}
