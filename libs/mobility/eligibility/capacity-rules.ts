import type { CheckMigrationResponse } from '#generated/lxstack/agent/v1/agent';

/** What the instance needs, as its source's agent has counted it; 0: the agent did not count. */
export type CapacityNeeded = Pick<CheckMigrationResponse, 'memoryNeededBytes' | 'diskNeededBytes'>;
/** What a target has left, as its agent says. Total memory of 0 means that the agent did not count. */
export type CapacityLeft = Pick<
  CheckMigrationResponse,
  'memoryAvailableBytes' | 'imagesAvailableBytes' | 'diskAvailableBytes'
>;

/**
 * Reasons why a target's free memory and disk do not suffice; other users of the host count here, unlike in claims.
 * `overCommitDisk` (Nova: disk_over_commit) leaves the disk out.
 */
export function blocksCapacity(
  { memoryNeededBytes: memory, diskNeededBytes: disk }: CapacityNeeded,
  host: string,
  left: CapacityLeft,
  overCommitDisk: boolean,
): string[] {
  if (!left.memoryAvailableBytes) return [];
  return [
    ...(2 * memory > left.memoryAvailableBytes
      ? [
          `Host ${host} has ${mib(left.memoryAvailableBytes)} of memory left, ${mib(2 * memory)} are needed: ` +
            `the ${mib(memory)} in use lie there twice, as images and restored.`,
        ]
      : []),
    ...(memory > left.imagesAvailableBytes
      ? [`Host ${host} has ${mib(left.imagesAvailableBytes)} left for images of memory, ${mib(memory)} are needed.`]
      : []),
    ...(disk > left.diskAvailableBytes && !overCommitDisk
      ? [`Host ${host} has ${mib(left.diskAvailableBytes)} of disk left, ${mib(disk)} are to be sent.`]
      : []),
  ];
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
