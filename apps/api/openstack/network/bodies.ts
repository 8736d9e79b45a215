import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { InvalidInputError } from '#libs/common/errors';

class Described {
  @IsOptional() @IsString() @MaxLength(255) name?: string;
  @IsOptional() @IsString() @MaxLength(255) description?: string;
  @IsOptional() @IsString() project_id?: string;
  @IsOptional() @IsString() tenant_id?: string;
}

export class NetworkBody extends Described {
  @IsOptional() @IsBoolean() admin_state_up?: boolean;
  @IsOptional() @IsBoolean() shared?: boolean;
  @IsOptional() @IsBoolean() port_security_enabled?: boolean;
  @IsOptional() @IsInt() mtu?: number;
  @IsOptional() @IsString() 'provider:network_type'?: string;
  @IsOptional() @IsInt() 'provider:segmentation_id'?: number;
  @IsOptional() @IsBoolean() 'router:external'?: boolean;
  @IsOptional() @IsArray() availability_zone_hints?: string[];
}

export class SubnetBody extends Described {
  @IsOptional() @IsString() network_id?: string;
  @IsOptional() @IsString() cidr?: string;
  @IsOptional() @IsInt() ip_version?: number;
  @IsOptional() @IsString() gateway_ip?: string | null;
  @IsOptional() @IsBoolean() enable_dhcp?: boolean;
  @IsOptional() @IsArray() @ArrayMaxSize(32) @IsObject({ each: true }) allocation_pools?: {
    start: string;
    end: string;
  }[];
  @IsOptional() @IsArray() @ArrayMaxSize(16) @IsString({ each: true }) dns_nameservers?: string[];
  @IsOptional() @IsArray() @ArrayMaxSize(32) @IsObject({ each: true }) host_routes?: {
    destination: string;
    nexthop: string;
  }[];
}

export class PortBody extends Described {
  @IsOptional() @IsString() network_id?: string;
  @IsOptional() @IsBoolean() admin_state_up?: boolean;
  @IsOptional() @IsBoolean() port_security_enabled?: boolean;
  @IsOptional() @IsString() mac_address?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(16) @IsObject({ each: true }) fixed_ips?: {
    subnet_id?: string;
    ip_address?: string;
  }[];
  @IsOptional() @IsString() @MaxLength(255) device_id?: string;
  @IsOptional() @IsString() @MaxLength(255) device_owner?: string;
  @IsOptional() @IsString() 'binding:host_id'?: string;
  @IsOptional() @IsString() 'binding:vnic_type'?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(32) @IsString({ each: true }) security_groups?: string[];
}

/** Neutron: read-only attributes. Throws InvalidInputError for a field that stays as it was made. */
export function requireUnchanged<T extends object>(body: T, fields: readonly (keyof T & string)[]): void {
  const given = fields.find((field) => body[field] !== undefined);
  if (given !== undefined) throw new InvalidInputError(given, 'no value: it cannot be changed');
}
