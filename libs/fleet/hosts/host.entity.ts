import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import { bigintNumber, BigintColumn, Timestamps } from '#libs/database/columns';

export type HostRole = 'compute' | 'network';

export interface HostCapability {
  name: string;
  present: boolean;
  detail: string;
}

const usage = (column: string) => (host: string) => `SELECT u.${column} FROM host_usage u WHERE u.host_id = ${host}.id`;

/** A host with its agent. Nova's hypervisors and compute services are views of it. */
@Entity('hosts')
export class Host extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', unique: true })
  name: string;

  /** Nova's integer id of a hypervisor, before microversion 2.53. */
  @Column({ type: 'int', generated: 'increment', unique: true })
  serial: number;

  @Column({ type: 'text' })
  role: HostRole;

  /** host:port of the agent's gRPC server. */
  @Column({ type: 'text' })
  address: string;

  @Column({ type: 'text', default: '' })
  vtep: string;

  @Column({ type: 'text', name: 'availability_zone', default: 'nova' })
  availabilityZone: string;

  /** Nova: os-services status; set by an operator. */
  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ type: 'text', name: 'disabled_reason', nullable: true })
  disabledReason: string | null;

  /** An operator says that the host is dead (Nova: force-down). */
  @Column({ type: 'boolean', name: 'forced_down', default: false })
  forcedDown: boolean;

  /** The host is up while this lies in the future and `forced_down` is false. */
  @Column({ type: 'timestamptz', name: 'lease_expires_at', nullable: true })
  leaseExpiresAt: Date | null;

  @Column({ type: 'text', name: 'boot_id', default: '' })
  bootId: string;

  @Column({ type: 'int', default: 0 })
  vcpus: number;

  @BigintColumn('memory_mb')
  memoryMb: number;

  @BigintColumn('disk_gb')
  diskGb: number;

  @Column({ type: 'real', name: 'cpu_ratio', default: 16 })
  cpuRatio: number;

  @Column({ type: 'real', name: 'memory_ratio', default: 1.5 })
  memoryRatio: number;

  @Column({ type: 'real', name: 'disk_ratio', default: 1 })
  diskRatio: number;

  /** `used_…`: sums of the host's allocations (host-usage.entity.ts). */
  @VirtualColumn({ type: 'int', query: usage('used_vcpus') })
  usedVcpus: number;

  @VirtualColumn({ type: 'bigint', query: usage('used_memory_mb'), transformer: bigintNumber })
  usedMemoryMb: number;

  @VirtualColumn({ type: 'bigint', query: usage('used_disk_gb'), transformer: bigintNumber })
  usedDiskGb: number;

  /**
   * For processes of v0.1, which do not know `host_usage`: a trigger copies the sums here, at the next heartbeat at the
   * latest.
   */
  @Column({ type: 'int', name: 'used_vcpus', default: 0, select: false, insert: false, update: false })
  formerUsedVcpus: number;

  @Column({ type: 'bigint', name: 'used_memory_mb', default: 0, select: false, insert: false, update: false })
  formerUsedMemoryMb: string;

  @Column({ type: 'bigint', name: 'used_disk_gb', default: 0, select: false, insert: false, update: false })
  formerUsedDiskGb: string;

  @Column({ type: 'jsonb', default: [] })
  capabilities: HostCapability[];

  /**
   * What else the agent published: kernel, architecture, storageDriver, agentVersion, dataAddress, cpuFeatures,
   * runtime.
   */
  @Column({ type: 'jsonb', default: {} })
  facts: Record<string, string | string[]>;

  /** sha256 of the host's present certificate, in hex. */
  @Column({ type: 'text', name: 'certificate_fingerprint', nullable: true })
  certificateFingerprint: string | null;

  /** sha256 of the certificate before the last renewal: that is good until it ends. */
  @Column({ type: 'text', name: 'previous_certificate_fingerprint', nullable: true })
  previousCertificateFingerprint: string | null;

  /** Set: no call of the host is accepted until it joins again. */
  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt: Date | null;
}
