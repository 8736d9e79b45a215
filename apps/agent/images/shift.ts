import { spawn } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { IdMap } from '#generated/lxstack/agent/v1/types';
import { failureOf } from '../process/child-exit.js';
import { ImageFormatError } from './image.errors.js';

const TIMEOUT_MS = 900_000;
const FIDELITY = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--acls'];
const CREATE = ['tar', '-c', ...FIDELITY, '--sparse', '-f', '-', '.'];
const EXTRACT = ['tar', '-x', '-p', '--same-owner', ...FIDELITY, '-f', '-'];

/**
 * Copies an unpacked root from one id map to another (undefined: the host's own ids) into the empty directory `to`.
 * Owners, ACLs and file capabilities stay the same as instances with these maps see them. Throws ImageFormatError, also
 * where the image has ids that the map does not have.
 */
export async function copyShifted(from: string, to: string, fromMap: IdMap, toMap: IdMap | undefined): Promise<void> {
  if (toMap) await chown(to, toMap.base, toMap.base);
  const reader = start(fromMap, CREATE, from);
  const writer = start(toMap, EXTRACT, to);
  const copied = pipeline(reader.child.stdout!, writer.child.stdin!).catch(() => undefined); // the exit statuses tell
  const failures = await Promise.all([reader.failure, writer.failure, copied]);
  const failure = failures.find(Boolean);
  if (failure) throw new ImageFormatError(failure);
}

/** Starts tar inside the directory, because the map's ids may not pass through the directories above it. */
function start(map: IdMap | undefined, words: readonly string[], cwd: string) {
  const [command, ...args] = map ? ['lxc-usernsexec', '-m', `b:0:${map.base}:${map.size}`, '--', ...words] : words;
  const child = spawn(command!, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  return { child, failure: failureOf(child) };
}
