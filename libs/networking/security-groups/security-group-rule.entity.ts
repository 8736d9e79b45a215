import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

export type RuleDirection = 'ingress' | 'egress';
export type EtherType = 'IPv4' | 'IPv6';

/** Lets matching packets pass the ports of its group (Neutron: security group rule). What is null matches everything. */
@Entity('security_group_rules')
export class SecurityGroupRule extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid', name: 'security_group_id' })
  securityGroupId: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'text' })
  direction: RuleDirection;

  @Column({ type: 'text', name: 'ether_type' })
  etherType: EtherType;

  /** A name or a number, as the user wrote it. */
  @Column({ type: 'text', nullable: true })
  protocol: string | null;

  /** Destination ports; for ICMP the type. */
  @Column({ type: 'int', name: 'port_range_min', nullable: true })
  portRangeMin: number | null;

  /** For ICMP the code. */
  @Column({ type: 'int', name: 'port_range_max', nullable: true })
  portRangeMax: number | null;

  @Column({ type: 'text', name: 'remote_ip_prefix', nullable: true })
  remoteIpPrefix: string | null;

  @Column({ type: 'uuid', name: 'remote_group_id', nullable: true })
  remoteGroupId: string | null;

  @Column({ type: 'int', name: 'revision_number', default: 1 })
  revisionNumber: number;
}
