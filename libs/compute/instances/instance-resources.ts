import type { InstanceFlavor } from './instance.entity.js';

/** What an instance takes of its host and of its project's quota. Memory in MiB, disk in GiB (0: no limit of its own). */
export interface InstanceResources {
  vcpus: number;
  memoryMb: number;
  diskGb: number;
}

/** The resources that a flavor stands for. */
export function resourcesOfFlavor({ vcpus, ramMb, diskGb }: Pick<InstanceFlavor, 'vcpus' | 'ramMb' | 'diskGb'>) {
  return { vcpus, memoryMb: ramMb, diskGb } satisfies InstanceResources;
}

/** The instance's own resources or, with `next`, those it will have after its resize to that flavor. */
export function resourcesOf(instance: InstanceResources, next?: InstanceFlavor | null): InstanceResources {
  if (next) return resourcesOfFlavor(next);
  const { vcpus, memoryMb, diskGb } = instance;
  return { vcpus, memoryMb, diskGb };
}
