import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/** A user of the cloud (Keystone: user). */
@Entity('users')
export class User extends Timestamps {
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', name: 'domain_id' })
  domainId: string;

  /** `scrypt$N$r$p$salt$hash`; no face shows it. */
  @Column({ type: 'text', name: 'password_hash' })
  passwordHash: string;

  @Column({ type: 'text', name: 'default_project_id', nullable: true })
  defaultProjectId: string | null;

  @Column({ type: 'text', nullable: true })
  email: string | null;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Failed logins in a row, counted where lock-outs are on (Keystone: failed_auth_count). */
  @Column({ type: 'int', name: 'failed_auth_count', default: 0 })
  failedAuthCount: number;

  @Column({ type: 'timestamptz', name: 'failed_auth_at', nullable: true })
  failedAuthAt: Date | null;
}
