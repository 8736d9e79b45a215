import { IsIP, IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import { HOSTNAME } from '#libs/common/names';
import { Nullable, Since } from '#apps/api/http/body/fields';

/** The fields that create, update and rebuild of a server have in common. */
export class ServerPresentationDto {
  @Nullable()
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
