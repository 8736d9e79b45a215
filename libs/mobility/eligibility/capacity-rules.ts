import type { CheckMigrationResponse } from '#generated/lxstack/agent/v1/agent';

/** What the instance needs, as its own host has counted it; 0: not known. */
export type CapacityNeeded = Pick<CheckMigrationResponse, 'memoryNeededBytes' | 'diskNeededBytes'>;
/** What a target has left, as it says itself. No host has no memory left at all: one that says so has not counted. */
export type CapacityLeft = Pick<
  CheckMigrationResponse,
  'memoryAvailableBytes' | 'imagesAvailableBytes' | 'diskAvailableBytes'
>;

/**
 * Why a target's memory and disk do not suffice, whatever the claims say: others use them too. `overCommitDisk` (Nova:
 * disk_over_commit) leaves the disk out.
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
