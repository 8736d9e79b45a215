import type { InstanceFlavor } from './instance.entity.js';

/** What an instance takes of its host and of its project's quota. Memory in MiB, disk in GiB (0: no limit of its own). */
export interface InstanceResources {
  vcpus: number;
  memoryMb: number;
  diskGb: number;
}

/** What a flavor gives. */
export function resourcesOfFlavor({ vcpus, ramMb, diskGb }: Pick<InstanceFlavor, 'vcpus' | 'ramMb' | 'diskGb'>) {
  return { vcpus, memoryMb: ramMb, diskGb } satisfies InstanceResources;
}

/** What the instance has, or will have with the flavor that it is resized to. */
export function resourcesOf(instance: InstanceResources, next?: InstanceFlavor | null): InstanceResources {
  if (next) return resourcesOfFlavor(next);
  const { vcpus, memoryMb, diskGb } = instance;
  return { vcpus, memoryMb, diskGb };
}
