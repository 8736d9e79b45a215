import { ArrayMaxSize, IsArray, IsBoolean, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { LooseBoolean, Name, NullIsAbsent } from '#apps/api/http/body/fields';

/** Keystone API: the body of POST and PATCH /projects and /domains. */
export class ProjectBody {
  @IsOptional() @NullIsAbsent() @Name(64) name?: string;
  @IsOptional() @NullIsAbsent() @IsString() description?: string;
  @IsOptional() @NullIsAbsent() @LooseBoolean() @IsBoolean() enabled?: boolean;
  @IsOptional() @NullIsAbsent() @IsString() @MaxLength(64) domain_id?: string;
  @IsOptional() @NullIsAbsent() @IsString() @MaxLength(64) parent_id?: string;
  @IsOptional() @NullIsAbsent() @LooseBoolean() @IsBoolean() is_domain?: boolean;
  @IsOptional() @NullIsAbsent() @IsArray() @ArrayMaxSize(80) @IsString({ each: true }) tags?: string[];
  @IsOptional() @NullIsAbsent() @IsObject() options?: object;
}
