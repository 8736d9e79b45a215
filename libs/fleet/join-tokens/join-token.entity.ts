import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A one-time way in for a host, good for an hour. Only its sha256 is kept. */
@Entity('join_tokens')
export class JoinToken {
  @PrimaryColumn({ type: 'text', name: 'token_hash' })
  tokenHash: string;

  /** The host that it is for; null: any host that is new. */
  @Column({ type: 'text', nullable: true })
  hostname: string | null;

  /** Whether that host may join again although it has joined before: an operator said so. */
  @Column({ type: 'boolean', name: 're_enrol', default: false })
  reEnrol: boolean;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt: Date;

  @Column({ type: 'timestamptz', name: 'used_at', nullable: true })
  usedAt: Date | null;

  @Column({ type: 'text', name: 'used_by', nullable: true })
  usedBy: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
