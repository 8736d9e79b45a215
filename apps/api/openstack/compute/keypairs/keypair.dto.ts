import { IsIn, IsOptional, Length, Matches } from 'class-validator';
import { Since } from '../http/body.js';

/** Nova API: `keypair` of POST /os-keypairs. */
export class CreateKeypairDto {
  @Length(1, 255)
  @Matches(/\S/)
  name: string;

  /** Absent: a pair is made and its private half answered. */
  @IsOptional()
  @Length(1, 16_384)
  public_key?: string;

  @Since(2)
  @IsOptional()
  @IsIn(['ssh'])
  type?: 'ssh';

  /** Admins may act for another user. */
  @Since(10)
  @IsOptional()
  @Length(1, 255)
  user_id?: string;
}
