import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

export type VolumeContent = 'filesystem' | 'block';

/** A volume that is stored apart from any instance's root (LXD: custom volume). */
@Entity('storage_volumes')
@Unique('storage_volumes_name', ['projectId', 'pool', 'name'])
export class StorageVolume extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text' })
  pool: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', name: 'content_type' })
  contentType: VolumeContent;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'jsonb', default: {} })
  config: Record<string, string>;

  /** GiB; 0: no limit. */
  @Column({ type: 'int', name: 'size_gb', default: 0 })
  sizeGb: number;

  /** Null until its first user is placed, and in pools that all hosts share. */
  @Column({ type: 'uuid', name: 'host_id', nullable: true })
  hostId: string | null;
}
