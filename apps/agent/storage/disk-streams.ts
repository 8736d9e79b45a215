import type { ChildProcess } from 'node:child_process';

/** What a stream tells the difference to: a copy of before, the image, or nothing. */
export type Since = { image: string } | { pass: number } | undefined;

/** A driver that can send a root as a stream of what has changed between two moments (btrfs). */
export interface DiskStreams {
  /** Whether this host has the image under the name that every host knows it by. */
  knowsImage(place: string): Promise<boolean>;
  /** A read-only copy of the instance's root as it is now, the `pass`-th of its move. Returns its directory. */
  snapshot(instanceId: string, pass: number): Promise<string>;
  /** Writes to its stdout what the copy `pass` has more than the one before it, than the image, or than nothing. */
  send(instanceId: string, pass: number, since: Since): ChildProcess;
  /** Reads such a stream from its stdin. */
  receive(instanceId: string): ChildProcess;
  /** The instance's root is what the copy `pass` shows, `diskBytes` at most (0: no limit). The copies go. */
  adopt(instanceId: string, pass: number, diskBytes: number): Promise<void>;
  /** Copies of its root that a move has made. */
  discardCopies(instanceId: string): Promise<void>;
}
