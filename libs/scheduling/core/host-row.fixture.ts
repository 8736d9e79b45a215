import type { HostRow } from './fleet-view.js';

/** An empty host that can do everything, except for `changes`. */
export const host = (name: string, changes: Partial<HostRow> = {}): HostRow => ({
  id: `id-${name}`,
  name,
  address: `${name}:1`,
  vtep: '',
  availabilityZone: 'nova',
  enabled: true,
  up: true,
  architecture: 'x86_64',
  storageDriver: 'overlay',
  capabilities: ['checkpoint', 'restore'],
  vcpus: 16,
  memoryMb: 4096,
  diskGb: 100,
  usedVcpus: 0,
  usedMemoryMb: 0,
  usedDiskGb: 0,
  instances: 0,
  ...changes,
});
