import { IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { Name, NullIsAbsent } from '#apps/api/http/body/fields';

/** Keystone API: the body of POST /roles. */
export class RoleBody {
  @Name() name: string;
  @IsOptional() @NullIsAbsent() @IsString() description?: string | null;
  @IsOptional() @NullIsAbsent() @IsString() @MaxLength(64) domain_id?: string | null;
  @IsOptional() @NullIsAbsent() @IsObject() options?: object;
}
