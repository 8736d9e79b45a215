import type { Instance } from '#libs/compute/instances/instance.entity';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { traitsOf } from '#libs/fleet/hosts/host-traits';
import { inWords, meets } from '#libs/scheduling/core/filters/capability';

const ON_NO_HOST = 'The instance is on no host.';

type Judged = Pick<Instance, 'vmState' | 'taskState'>;

/** Reasons against a live move that Postgres knows. */
export function blocksLive(instance: Judged, source: Pick<Host, 'name' | 'capabilities' | 'facts'> | null): string[] {
  return source ? [...blocksLiveItself(instance), ...lacking(source, ['checkpoint'])] : [ON_NO_HOST];
}

/** Reasons against a live move in the instance's own states; its owners may read them. */
export function blocksLiveItself(instance: Judged): string[] {
  return [
    ...busy(instance),
    ...(['active', 'paused'].includes(instance.vmState)
      ? []
      : [`The instance is ${instance.vmState}, not active: only a cold migration moves it.`]),
    ...(instance.vmState === 'paused' ? ['The instance is paused: unpause it first.'] : []),
  ];
}

/** Reasons against a cold move that Postgres knows (Nova moves active and stopped instances only). */
export function blocksCold(instance: Judged, source: Pick<Host, 'name'> | null): string[] {
  if (!source) return [ON_NO_HOST];
  return [
    ...busy(instance),
    ...(['active', 'stopped'].includes(instance.vmState)
      ? []
      : [`The instance is ${instance.vmState}: a cold migration wants an active or stopped one.`]),
  ];
}

/** Reason why a host takes no instance, and why none leaves it cold but in a batch or a drain. */
export const blocksDisabled = (host: Pick<Host, 'name' | 'enabled' | 'disabledReason'> | null): string[] =>
  !host || host.enabled ? [] : [`Host ${host.name} is disabled: ${host.disabledReason ?? 'no reason was given'}.`];

/**
 * Reasons why the target could not take the instance, by what is published and reserved now; the claim would find the
 * same.
 */
export function blocksTarget(
  instance: Pick<Instance, 'vcpus' | 'memoryMb' | 'diskGb'>,
  host: Host,
  up: boolean,
  capabilities: string[],
): string[] {
  if (!up) return [`Host ${host.name} is down.`];
  const room = [
    ['vcpus', instance.vcpus, host.vcpus * host.cpuRatio - host.usedVcpus],
    ['MiB of memory', instance.memoryMb, host.memoryMb * host.memoryRatio - host.usedMemoryMb],
    ['GiB of disk', instance.diskGb, host.diskGb * host.diskRatio - host.usedDiskGb],
  ] as const;
  return [
    ...blocksDisabled(host),
    ...room.flatMap(([what, need, free]) =>
      need > free ? [`Host ${host.name}: ${need} ${what} wanted, ${Math.max(0, Math.floor(free))} free.`] : [],
    ),
    ...lacking(host, capabilities),
  ];
}

/** `needs`: names of capabilities and traits; `!NAME`: what the host must not have. */
function lacking(host: Pick<Host, 'name' | 'capabilities' | 'facts'>, needs: string[]): string[] {
  const can = host.capabilities.filter(({ present }) => present).map(({ name }) => name);
  const has = new Set([...can, ...traitsOf(host)]);
  return needs
    .filter((need) => !meets(has, need))
    .map((need) => {
      const detail = host.capabilities.find(({ name }) => name === need)?.detail;
      const isCapability = /^[a-z]/.test(need);
      return `Host ${host.name} ${inWords(need)}${isCapability ? `: ${detail ?? 'its agent has not said so'}` : ''}.`;
    });
}

const busy = ({ taskState }: Judged): string[] =>
  taskState === null ? [] : [`Something is being done with the instance now (${taskState}).`];
