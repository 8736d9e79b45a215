import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A one-time way in for a host, good for an hour. Only its sha256 is kept. */
@Entity('join_tokens')
export class JoinToken {
  @PrimaryColumn({ type: 'text', name: 'token_hash' })
  tokenHash: string;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt: Date;

  @Column({ type: 'timestamptz', name: 'used_at', nullable: true })
  usedAt: Date | null;

  @Column({ type: 'text', name: 'used_by', nullable: true })
  usedBy: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
