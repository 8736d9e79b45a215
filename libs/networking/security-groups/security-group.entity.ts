import { Column, Entity } from 'typeorm';
import { StandardAttributes } from '../standard-attributes.js';

/** Rules for ports (Neutron: security group). Ports name the groups that they are in. */
@Entity('security_groups')
export class SecurityGroup extends StandardAttributes {
  /** The one group of the project that ports are in which name none. */
  @Column({ type: 'boolean', name: 'is_default', default: false })
  isDefault: boolean;

  /** Whether answers pass because of their question. */
  @Column({ type: 'boolean', default: true })
  stateful: boolean;
}
