import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/** Configuration and devices that instances of a project share (LXD: profile). */
@Entity('profiles')
@Unique('profiles_name', ['projectId', 'name'])
export class Profile extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'jsonb', default: {} })
  config: Record<string, string>;

  @Column({ type: 'jsonb', default: {} })
  devices: Record<string, Record<string, string>>;
}
