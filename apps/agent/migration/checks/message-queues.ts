import { readdir, statfs } from 'node:fs/promises';

const MQUEUE = 0x19800202;

/** CRIU carries no POSIX message queues. Counts them only: the guest controls the paths, which may lead elsewhere. */
export async function blockingQueues(initPid: number): Promise<string[]> {
  const directory = `/proc/${initPid}/root/dev/mqueue`;
  const isThere = await statfs(directory).then(
    ({ type }) => type === MQUEUE,
    () => false, // a guest without any
  );
  const queues = isThere ? (await readdir(directory)).length : 0;
  return queues
    ? [`The instance has POSIX message queues (${queues} in /dev/mqueue), which CRIU cannot carry: remove them.`]
    : [];
}
