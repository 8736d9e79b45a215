import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import { bigintNumber, BigintColumn, Timestamps } from '#libs/database/columns';

export type HostRole = 'compute' | 'network';

export interface HostCapability {
  name: string;
  present: boolean;
  detail: string;
}

const usage = (column: string) => (host: string) => `SELECT u.${column} FROM host_usage u WHERE u.host_id = ${host}.id`;

/** One host with its agent: Nova's hypervisor and compute service are views of it. */
@Entity('hosts')
export class Host extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', unique: true })
  name: string;

  /** Nova's hypervisors without microversion 2.53 want an integer id. */
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

  /** An operator says it is dead (Nova: force-down). */
  @Column({ type: 'boolean', name: 'forced_down', default: false })
  forcedDown: boolean;

  /** The host is up while this lies in the future and it is not forced down. */
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

  /** Sums of this host's allocations (host-usage.entity.ts). */
  @VirtualColumn({ type: 'int', query: usage('used_vcpus') })
  usedVcpus: number;

  @VirtualColumn({ type: 'bigint', query: usage('used_memory_mb'), transformer: bigintNumber })
  usedMemoryMb: number;

  @VirtualColumn({ type: 'bigint', query: usage('used_disk_gb'), transformer: bigintNumber })
  usedDiskGb: number;

  /** For processes of the version before, which know no `host_usage`: a trigger keeps it, a heartbeat late at most. */
  @Column({ type: 'int', name: 'used_vcpus', default: 0, select: false, insert: false, update: false })
  formerUsedVcpus: number;

  @Column({ type: 'bigint', name: 'used_memory_mb', default: 0, select: false, insert: false, update: false })
  formerUsedMemoryMb: string;

  @Column({ type: 'bigint', name: 'used_disk_gb', default: 0, select: false, insert: false, update: false })
  formerUsedDiskGb: string;

  @Column({ type: 'jsonb', default: [] })
  capabilities: HostCapability[];

  /** What the agent published besides: kernel, architecture, storageDriver, agentVersion, dataAddress, cpuFeatures, runtime. */
  @Column({ type: 'jsonb', default: {} })
  facts: Record<string, string | string[]>;

  /** sha256 of its present certificate, hex. */
  @Column({ type: 'text', name: 'certificate_fingerprint', nullable: true })
  certificateFingerprint: string | null;

  /** Of the one before the last renewal: good until it ends. */
  @Column({ type: 'text', name: 'previous_certificate_fingerprint', nullable: true })
  previousCertificateFingerprint: string | null;

  /** No call of it is taken until it joins again. */
  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt: Date | null;
}
