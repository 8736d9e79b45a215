import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/** Rules for ports (Neutron: security group). Ports name the groups that they are in. */
@Entity('security_groups')
export class SecurityGroup extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', default: '' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  /** The one group of the project that ports are in which name none. */
  @Column({ type: 'boolean', name: 'is_default', default: false })
  isDefault: boolean;

  /** Whether answers pass because of their question. */
  @Column({ type: 'boolean', default: true })
  stateful: boolean;

  @Column({ type: 'int', name: 'revision_number', default: 1 })
  revisionNumber: number;
}
