import type { Resources } from './request.js';

/** A host as the view is built from it. */
export interface HostRow {
  id: string;
  name: string;
  address: string;
  vtep: string;
  availabilityZone: string;
  enabled: boolean;
  /** The host holds its lease, and nobody forced it down. */
  up: boolean;
  architecture: string;
  storageDriver: string;
  /** Names of what the agent can, and of the architecture's trait. */
  capabilities: readonly string[];
  /** Capacities, with ratios applied. */
  vcpus: number;
  memoryMb: number;
  diskGb: number;
  usedVcpus: number;
  usedMemoryMb: number;
  usedDiskGb: number;
  instances: number;
}

/** The compute hosts, in columns: a judgement of thousands of hosts reads a few arrays and makes no objects. */
export class FleetView {
  readonly size: number;
  readonly ids: readonly string[];
  readonly names: readonly string[];
  readonly zones: readonly string[];
  readonly architectures: readonly string[];
  readonly storageDrivers: readonly string[];
  readonly capabilities: readonly ReadonlySet<string>[];
  /** Whether any host that is up filters ports by security groups. */
  readonly filtersPorts: boolean;
  readonly enabled: Uint8Array;
  readonly up: Uint8Array;
  readonly vcpus: Float64Array;
  readonly memoryMb: Float64Array;
  readonly diskGb: Float64Array;
  readonly usedVcpus: Float64Array;
  readonly usedMemoryMb: Float64Array;
  readonly usedDiskGb: Float64Array;
  readonly instances: Float64Array;

  constructor(readonly rows: readonly HostRow[]) {
    const numbers = (of: (row: HostRow) => number) => Float64Array.from(rows, of);
    this.size = rows.length;
    this.ids = rows.map((row) => row.id);
    this.names = rows.map((row) => row.name);
    this.zones = rows.map((row) => row.availabilityZone);
    this.architectures = rows.map((row) => row.architecture);
    this.storageDrivers = rows.map((row) => row.storageDriver);
    this.capabilities = rows.map((row) => new Set(row.capabilities));
    this.filtersPorts = rows.some((row) => row.up && row.capabilities.includes('security-groups'));
    this.enabled = Uint8Array.from(rows, (row) => Number(row.enabled));
    this.up = Uint8Array.from(rows, (row) => Number(row.up));
    this.vcpus = numbers((row) => row.vcpus);
    this.memoryMb = numbers((row) => row.memoryMb);
    this.diskGb = numbers((row) => row.diskGb);
    this.usedVcpus = numbers((row) => row.usedVcpus);
    this.usedMemoryMb = numbers((row) => row.usedMemoryMb);
    this.usedDiskGb = numbers((row) => row.usedDiskGb);
    this.instances = numbers((row) => row.instances);
  }

  /** Counts a claim that is being made, so that the next placement sees it before the table is read again. */
  take(index: number, need: Resources): void {
    this.add(index, need, 1);
  }

  /** Takes back `take` after the claim was lost. */
  giveBack(index: number, need: Resources): void {
    this.add(index, need, -1);
  }

  private add(index: number, need: Resources, sign: 1 | -1): void {
    this.usedVcpus[index] += sign * need.vcpus;
    this.usedMemoryMb[index] += sign * need.memoryMb;
    this.usedDiskGb[index] += sign * need.diskGb;
    this.instances[index] += sign;
  }
}
