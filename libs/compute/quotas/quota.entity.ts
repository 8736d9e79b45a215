import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A project's limit where it differs from the default (quotas/default-limits.ts). -1: no limit. */
@Entity('quotas')
export class Quota {
  @PrimaryColumn({ type: 'text', name: 'project_id' })
  projectId: string;

  /** instances, cores, ram, … (Nova: os-quota-sets). */
  @PrimaryColumn({ type: 'text' })
  resource: string;

  @Column({ type: 'int' })
  limit: number;
}
