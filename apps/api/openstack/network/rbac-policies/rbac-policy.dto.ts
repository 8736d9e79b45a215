import { IsOptional, IsString, Length, MaxLength } from 'class-validator';

/** Neutron API: `rbac_policy` of POST /rbac-policies. The target has two names. */
export class NewRbacPolicyBody {
  @IsString() @MaxLength(255) object_type: string;
  @IsString() @MaxLength(255) object_id: string;
  @IsString() @MaxLength(255) action: string;
  @IsOptional() @IsString() @Length(1, 255) target_tenant?: string;
  @IsOptional() @IsString() @Length(1, 255) target_project?: string;
  @IsOptional() @IsString() @MaxLength(255) project_id?: string;
  @IsOptional() @IsString() @MaxLength(255) tenant_id?: string;
}

/** Neutron API: `rbac_policy` of PUT /rbac-policies/{id}. */
export class RbacPolicyBody {
  @IsOptional() @IsString() @Length(1, 255) target_tenant?: string;
  @IsOptional() @IsString() @Length(1, 255) target_project?: string;
}
