import { IsBoolean, IsOptional } from 'class-validator';
import { LooseBooleanOrBit } from '#apps/api/http/body/fields';
import { Described } from '../http/described.dto.js';

/** Neutron API: `security_group` of POST and PUT /security-groups. */
export class SecurityGroupBody extends Described {
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() stateful?: boolean;
}
