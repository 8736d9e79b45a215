import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A token (Keystone: fernet tokens; here opaque). Only the sha256 of what the client carries is kept. */
@Entity('tokens')
export class Token {
  @PrimaryColumn({ type: 'text', name: 'token_hash' })
  tokenHash: string;

  @Column({ type: 'text', name: 'audit_id' })
  auditId: string;

  @Column({ type: 'text', name: 'user_id' })
  userId: string;

  @Column({ type: 'text', name: 'project_id', nullable: true })
  projectId: string | null;

  @Column({ type: 'text', name: 'domain_id', nullable: true })
  domainId: string | null;

  /** True: the scope is the whole cloud. */
  @Column({ type: 'boolean', default: false })
  system: boolean;

  @Column({ type: 'text', array: true })
  methods: string[];

  @Column({ type: 'timestamptz', name: 'issued_at' })
  issuedAt: Date;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt: Date;
}
