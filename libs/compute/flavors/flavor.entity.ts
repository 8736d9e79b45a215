import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

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

  /** GiB; 0: no limit of its own. */
  @Column({ type: 'int', name: 'disk_gb' })
  diskGb: number;

  @Column({ type: 'boolean', name: 'is_public', default: true })
  isPublic: boolean;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb', name: 'extra_specs', default: {} })
  extraSpecs: Record<string, string>;
}
