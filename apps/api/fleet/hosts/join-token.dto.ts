import { IsBoolean, IsOptional, Matches } from 'class-validator';
import { HOSTNAME } from '#libs/common/names';

/** Body of POST /fleet/v1/join-tokens. */
export class JoinTokenBody {
  /** The host that it is for; left out: any host that is new. */
  @IsOptional()
  @Matches(HOSTNAME, { message: 'a host name of letters, digits and hyphens' })
  hostname?: string;

  /** The host has joined before and may do so again. */
  @IsOptional()
  @IsBoolean({ message: 'true or false' })
  re_enrol?: boolean;
}
