import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintNumber, Timestamps } from '#libs/database/columns';

/** Glance's image states; `deleted` is an image that servers still need. */
export type ImageStatus = 'queued' | 'saving' | 'active' | 'killed' | 'deleted';
export type ImageVisibility = 'public' | 'private' | 'shared' | 'community';

/** An image from which root file systems are made (Glance: image). */
@Entity('images')
export class Image extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', nullable: true })
  name: string | null;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text' })
  status: ImageStatus;

  @Column({ type: 'text' })
  visibility: ImageVisibility;

  /** md5, which old clients compare. */
  @Column({ type: 'text', nullable: true })
  checksum: string | null;

  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  @Column({ type: 'text', nullable: true })
  sha512: string | null;

  @Column({ type: 'bigint', nullable: true, transformer: bigintNumber })
  size: number | null;

  @Column({ type: 'text', name: 'container_format', nullable: true })
  containerFormat: string | null;

  @Column({ type: 'text', name: 'disk_format', nullable: true })
  diskFormat: string | null;

  @Column({ type: 'int', name: 'min_disk', default: 0 })
  minDisk: number;

  @Column({ type: 'int', name: 'min_ram', default: 0 })
  minRam: number;

  @Column({ type: 'boolean', default: false })
  protected: boolean;

  /** True: lists leave the image out unless they ask for it (Glance: os_hidden). */
  @Column({ type: 'boolean', default: false })
  hidden: boolean;

  @Column({ type: 'jsonb', default: {} })
  properties: Record<string, string>;

  @Column({ type: 'text', array: true, default: [] })
  tags: string[];
}
