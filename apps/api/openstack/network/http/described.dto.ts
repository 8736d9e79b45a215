import { IsOptional, IsString, MaxLength } from 'class-validator';

/** Neutron API: the fields that the body of every resource may have. */
export class Described {
  @IsOptional() @IsString() @MaxLength(255) name?: string;
  @IsOptional() @IsString() @MaxLength(255) description?: string;
  @IsOptional() @IsString() @MaxLength(255) project_id?: string;
  @IsOptional() @IsString() @MaxLength(255) tenant_id?: string;
}
