import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A token with which one host may join, once and within an hour. Only its sha256 is kept. */
@Entity('join_tokens')
export class JoinToken {
  @PrimaryColumn({ type: 'text', name: 'token_hash' })
  tokenHash: string;

  /** Name of the host that the token is for; null: any host that has not joined before. */
  @Column({ type: 'text', nullable: true })
  hostname: string | null;

  /** An operator said that the host may join again although it has joined before. */
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
