import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/** A domain is a project with `isDomain`, as in Keystone. The default domain has the id `default`. */
@Entity('projects')
export class Project extends Timestamps {
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', name: 'domain_id', nullable: true })
  domainId: string | null;

  @Column({ type: 'boolean', name: 'is_domain', default: false })
  isDomain: boolean;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;
}
