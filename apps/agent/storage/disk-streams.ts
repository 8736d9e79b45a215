import type { ChildProcess } from 'node:child_process';

/** What a stream is the difference to: an earlier copy, the image, or nothing. */
export type Since = { image: string } | { pass: number } | undefined;

/** Sends a root as a stream of what has changed between two moments (btrfs). */
export interface DiskStreams {
  /** Whether this host has the image under its identity. */
  knowsImage(place: string): Promise<boolean>;
  /** Makes a read-only copy of the instance's present root, the `pass`-th of its move. Returns its directory. */
  snapshot(instanceId: string, pass: number): Promise<string>;
  /** A process that writes to its stdout what the copy `pass` has beyond `since`. */
  send(instanceId: string, pass: number, since: Since): ChildProcess;
  /** A process that reads such a stream from its stdin. */
  receive(instanceId: string): ChildProcess;
  /** Makes the copy `pass` the instance's root, limited to `diskBytes` (0: no limit), and removes the copies. */
  adopt(instanceId: string, pass: number, diskBytes: number): Promise<void>;
  /** Removes the copies of the instance's root that a move has made. */
  discardCopies(instanceId: string): Promise<void>;
}
