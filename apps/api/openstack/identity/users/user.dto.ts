import { IsBoolean, IsObject, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { LooseBoolean, Name, NullIsAbsent } from '#apps/api/http/body/fields';

/** Keystone API: the body of POST and PATCH /users. */
export class UserBody {
  @IsOptional() @NullIsAbsent() @Name() name?: string;
  @IsOptional() @NullIsAbsent() @IsString() @Length(1, 1024) password?: string;
  @IsOptional() @NullIsAbsent() @IsString() @MaxLength(64) domain_id?: string;
  @IsOptional() @NullIsAbsent() @IsString() @MaxLength(64) default_project_id?: string;
  @IsOptional() @NullIsAbsent() @IsString() @MaxLength(255) email?: string;
  @IsOptional() @NullIsAbsent() @IsString() description?: string;
  @IsOptional() @NullIsAbsent() @LooseBoolean() @IsBoolean() enabled?: boolean;
  @IsOptional() @NullIsAbsent() @IsObject() options?: object;
}

/** Keystone API: the body of POST /users/{id}/password. */
export class PasswordBody {
  @IsString() @MaxLength(1024) original_password: string;
  @IsString() @Length(1, 1024) password: string;
}
