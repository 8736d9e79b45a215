import { IsBoolean, IsOptional, Matches } from 'class-validator';
import { HOSTNAME } from '#libs/common/names';

/** Body of POST /fleet/v1/join-tokens. */
export class JoinTokenBody {
  /** Name of the host that the token is for; absent: any host that has not joined before. */
  @IsOptional()
  @Matches(HOSTNAME, { message: 'a host name of letters, digits and hyphens' })
  hostname?: string;

  /** True: the host may have joined before. */
  @IsOptional()
  @IsBoolean({ message: 'true or false' })
  re_enrol?: boolean;
}
