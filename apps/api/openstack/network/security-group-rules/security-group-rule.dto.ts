import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { LooseInteger, Nullable } from '#apps/api/http/body/fields';

/** Neutron API: `security_group_rule` of POST /security-group-rules. */
export class SecurityGroupRuleBody {
  @IsString() @MaxLength(255) security_group_id: string;
  @IsIn(['ingress', 'egress']) direction: 'ingress' | 'egress';
  @IsOptional() @IsIn(['IPv4', 'IPv6']) ethertype?: 'IPv4' | 'IPv6';
  /** A name or a number. */
  @IsOptional() @Nullable() protocol?: unknown;
  @IsOptional() @Nullable() @LooseInteger() @IsInt() @Min(0) @Max(65_535) port_range_min?: number | null;
  @IsOptional() @Nullable() @LooseInteger() @IsInt() @Min(0) @Max(65_535) port_range_max?: number | null;
  @IsOptional() @Nullable() @IsString() @MaxLength(255) remote_ip_prefix?: string | null;
  @IsOptional() @Nullable() @IsString() @MaxLength(255) remote_group_id?: string | null;
  /** There are no address groups. */
  @IsOptional() @Nullable() @IsIn([null]) remote_address_group_id?: null;
  @IsOptional() @IsString() @MaxLength(255) description?: string;
  @IsOptional() @IsString() @MaxLength(255) project_id?: string;
  @IsOptional() @IsString() @MaxLength(255) tenant_id?: string;
}
