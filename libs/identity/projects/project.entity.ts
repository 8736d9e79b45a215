import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/**
 * A project, or a domain: as in Keystone, a domain is a project with `isDomain`. The id of the default domain is
 * `default`.
 */
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
