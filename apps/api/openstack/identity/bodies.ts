import { IsBoolean, IsOptional, IsString, Length } from 'class-validator';

/** Of POST and PATCH /projects and /domains. */
export class ProjectBody {
  @IsOptional() @IsString() @Length(1, 64) name?: string;
  @IsOptional() @IsString() description?: string;
  @IsOptional() @IsBoolean() enabled?: boolean;
  @IsOptional() @IsString() domain_id?: string;
  @IsOptional() @IsString() parent_id?: string;
  @IsOptional() @IsBoolean() is_domain?: boolean;
  @IsOptional() tags?: string[];
  @IsOptional() options?: object;
}

/** Of POST and PATCH /users. */
export class UserBody {
  @IsOptional() @IsString() @Length(1, 255) name?: string;
  @IsOptional() @IsString() @Length(1, 1024) password?: string;
  @IsOptional() @IsString() domain_id?: string;
  @IsOptional() @IsString() default_project_id?: string;
  @IsOptional() @IsString() email?: string;
  @IsOptional() @IsString() description?: string;
  @IsOptional() @IsBoolean() enabled?: boolean;
  @IsOptional() options?: object;
}

export class PasswordBody {
  @IsString() original_password: string;
  @IsString() @Length(1, 1024) password: string;
}

export class RoleBody {
  @IsString() @Length(1, 255) name: string;
  @IsOptional() description?: string | null;
  @IsOptional() domain_id?: string | null;
  @IsOptional() options?: object;
}
