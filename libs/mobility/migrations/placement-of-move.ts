import { settings } from '#libs/common/settings/settings';
import { canonicalArchitecture } from '#libs/common/architecture';
import { hostNeeds } from '#libs/compute/instances/spec/host-needs';
import type { Instance, InstanceFlavor } from '#libs/compute/instances/instance.entity';
import { resourcesOf } from '#libs/compute/instances/instance-resources';
import type { Host } from '#libs/fleet/hosts/host.entity';
import type { PlacementRequest } from '#libs/scheduling/placement/scheduler.service';
import { usableCpuFeatures } from './cpu-features.js';
import { sharesDisks, storageDriverOf } from './move-checks.js';

export interface PlacedMove {
  /** Kind of the move's operation, such as `instance.live-migrate`. */
  kind: string;
  /** The migration for which the target is claimed. */
  migrationId: string;
  requestedHostId: string | null;
  force: boolean;
  newFlavor: InstanceFlavor | null;
}

/** The scheduler's request for a move. `source`: the instance's host; null where its record is gone. */
export function placementOfMove(instance: Instance, source: Host | null, move: PlacedMove): PlacementRequest {
  const { kind, migrationId, requestedHostId, force, newFlavor } = move;
  const staying = kind === 'instance.resize' && settings('moves').resizeToSameHost;
  const live = kind === 'instance.live-migrate';
  return {
    consumerId: migrationId,
    instanceId: instance.id,
    resources: resourcesOf(instance, newFlavor),
    availabilityZone: instance.availabilityZone,
    hints: instance.schedulerHints,
    requestedHostId,
    force,
    excludedHostIds: staying || !source ? [] : [source.id],
    capabilities: [...(live ? ['restore'] : []), ...hostNeeds(instance, newFlavor ?? instance.flavor)],
    architecture: source ? architectureOfHost(source) : null,
    cpuFeatures: live && source ? usableCpuFeatures(source) : [],
    // An evacuation without shared disks makes a new root from the image; every other move keeps the disk and so the
    // storage driver.
    storageDriver: source && (kind !== 'instance.evacuate' || sharesDisks(source)) ? storageDriverOf(source) : null,
  };
}

/** The architecture of what runs on the host; null where its agent has not published it. */
function architectureOfHost({ facts }: Pick<Host, 'facts'>): string | null {
  return typeof facts.architecture === 'string' && facts.architecture
    ? canonicalArchitecture(facts.architecture)
    : null;
}
