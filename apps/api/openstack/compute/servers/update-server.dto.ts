import { IsIP, IsIn, IsOptional, Length, Matches, MaxLength } from 'class-validator';
import { HOSTNAME } from '#libs/common/names';
import { Since } from '../http/body.js';

/** Nova API: `server` of PUT /servers/{id}. */
export class UpdateServerDto {
  @IsOptional()
  @Length(1, 255)
  @Matches(/\S/)
  name?: string;

  @Since(19)
  @IsOptional()
  @MaxLength(255)
  description?: string | null;

  @Since(90)
  @IsOptional()
  @Matches(HOSTNAME)
  hostname?: string;

  @IsOptional()
  @IsIn(['AUTO', 'MANUAL'])
  'OS-DCF:diskConfig'?: string;

  @IsOptional()
  @IsIP(4)
  accessIPv4?: string;

  @IsOptional()
  @IsIP(6)
  accessIPv6?: string;
}
