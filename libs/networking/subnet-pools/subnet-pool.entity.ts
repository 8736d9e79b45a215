import { Column, Entity } from 'typeorm';
import { StandardAttributes } from '../standard-attributes.js';

/** Prefixes from which subnets take theirs (Neutron: subnet pool). */
@Entity('subnet_pools')
export class SubnetPool extends StandardAttributes {
  @Column({ type: 'int', name: 'ip_version' })
  ipVersion: 4 | 6;

  /** In the fewest that have the same addresses, in order. */
  @Column({ type: 'text', array: true })
  prefixes: string[];

  @Column({ type: 'int', name: 'default_prefix' })
  defaultPrefix: number;

  @Column({ type: 'int', name: 'min_prefix' })
  minPrefix: number;

  @Column({ type: 'int', name: 'max_prefix' })
  maxPrefix: number;

  /** What a project may take of it: IPv4 addresses, or IPv6 /64s. Null: no limit. */
  @Column({ type: 'int', name: 'default_quota', nullable: true })
  defaultQuota: number | null;

  @Column({ type: 'boolean', default: false })
  shared: boolean;

  /** The pool of its IP version for subnets that ask for the default one. */
  @Column({ type: 'boolean', name: 'is_default', default: false })
  isDefault: boolean;
}
