import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { LooseBooleanOrBit, LooseInteger, Nested, Nullable } from '#apps/api/http/body/fields';
import { InvalidInputError } from '#libs/common/errors';

class PoolBody {
  @IsString() @MaxLength(64) start: string;
  @IsString() @MaxLength(64) end: string;
}

class RouteBody {
  @IsString() @MaxLength(64) destination: string;
  @IsString() @MaxLength(64) nexthop: string;
}

class FixedIpBody {
  @IsOptional() @IsString() @MaxLength(64) subnet_id?: string;
  @IsOptional() @IsString() @MaxLength(64) ip_address?: string;
}

class Described {
  @IsOptional() @IsString() @MaxLength(255) name?: string;
  @IsOptional() @IsString() @MaxLength(255) description?: string;
  @IsOptional() @IsString() @MaxLength(255) project_id?: string;
  @IsOptional() @IsString() @MaxLength(255) tenant_id?: string;
}

export class NetworkBody extends Described {
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() admin_state_up?: boolean;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() shared?: boolean;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() port_security_enabled?: boolean;
  @IsOptional() @LooseInteger() @IsInt() @Min(0) @Max(2_147_483_647) mtu?: number;
  @IsOptional() @IsString() @MaxLength(255) 'provider:network_type'?: string;
  @IsOptional() @LooseInteger() @IsInt() @Min(0) @Max(2_147_483_647) 'provider:segmentation_id'?: number;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() 'router:external'?: boolean;
  @IsOptional() @IsArray() @ArrayMaxSize(16) @IsString({ each: true }) availability_zone_hints?: string[];
}

export class SubnetBody extends Described {
  @IsOptional() @IsString() @MaxLength(255) network_id?: string;
  @IsOptional() @IsString() @MaxLength(255) cidr?: string;
  @IsOptional() @LooseInteger() @IsInt() @Min(0) @Max(2_147_483_647) ip_version?: number;
  @IsOptional() @Nullable() @IsString() @MaxLength(255) gateway_ip?: string | null;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() enable_dhcp?: boolean;
  @IsOptional() @IsArray() @ArrayMaxSize(32) @Nested(() => PoolBody) allocation_pools?: PoolBody[];
  @IsOptional() @IsArray() @ArrayMaxSize(16) @IsString({ each: true }) dns_nameservers?: string[];
  @IsOptional() @IsArray() @ArrayMaxSize(32) @Nested(() => RouteBody) host_routes?: RouteBody[];
}

export class PortBody extends Described {
  @IsOptional() @IsString() @MaxLength(255) network_id?: string;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() admin_state_up?: boolean;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() port_security_enabled?: boolean;
  @IsOptional() @IsString() @MaxLength(255) mac_address?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(16) @Nested(() => FixedIpBody) fixed_ips?: FixedIpBody[];
  @IsOptional() @IsString() @MaxLength(255) device_id?: string;
  @IsOptional() @IsString() @MaxLength(255) device_owner?: string;
  @IsOptional() @IsString() @MaxLength(255) 'binding:host_id'?: string;
  @IsOptional() @IsString() @MaxLength(255) 'binding:vnic_type'?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(32) @IsString({ each: true }) security_groups?: string[];
}

/** Neutron: read-only attributes. Throws InvalidInputError for a field that stays as it was made. */
export function requireUnchanged<T extends object>(body: T, fields: readonly (keyof T & string)[]): void {
  const given = fields.find((field) => body[field] !== undefined);
  if (given !== undefined) throw new InvalidInputError(given, 'no value: it cannot be changed');
}
