import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/** What an instance may use of a host, as operators name and sell it (Nova: flavor). */
@Entity('flavors')
export class Flavor extends Timestamps {
  /** Chosen by the caller or a UUID (Nova: flavorid). */
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'text', unique: true })
  name: string;

  @Column({ type: 'int' })
  vcpus: number;

  /** MiB. */
  @Column({ type: 'int', name: 'ram_mb' })
  ramMb: number;

  /** GiB; 0: the root disk has no limit. */
  @Column({ type: 'int', name: 'disk_gb' })
  diskGb: number;

  @Column({ type: 'boolean', name: 'is_public', default: true })
  isPublic: boolean;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb', name: 'extra_specs', default: {} })
  extraSpecs: Record<string, string>;
}
