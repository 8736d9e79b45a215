import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/** A user's public key (Nova: os-keypairs). The private key is never kept. */
@Entity('key_pairs')
export class KeyPair extends Timestamps {
  @PrimaryColumn({ type: 'text', name: 'user_id' })
  userId: string;

  @PrimaryColumn({ type: 'text' })
  name: string;

  /** Nova's integer id. Pages are ordered by it. */
  @Column({ type: 'int', generated: 'increment', unique: true })
  serial: number;

  @Column({ type: 'text' })
  type: 'ssh' | 'x509';

  @Column({ type: 'text', name: 'public_key' })
  publicKey: string;

  /** MD5 in hex pairs, as Nova shows it. */
  @Column({ type: 'text' })
  fingerprint: string;
}
