import { IsIn, IsOptional, Length } from 'class-validator';
import { Name, Since } from '#apps/api/http/body/fields';

/** Nova API: `keypair` of POST /os-keypairs. */
export class CreateKeypairDto {
  @Name()
  name: string;

  /** Absent: a pair of the type ssh is generated and its private key is in the answer. */
  @IsOptional()
  @Length(1, 16_384)
  public_key?: string;

  @Since(2)
  @IsOptional()
  @IsIn(['ssh', 'x509'])
  type?: 'ssh' | 'x509';

  /** Administrators may act for another user. */
  @Since(10)
  @IsOptional()
  @Length(1, 255)
  user_id?: string;
}
