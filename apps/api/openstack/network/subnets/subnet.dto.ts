import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { LooseBooleanOrBit, LooseInteger, Nested, Nullable } from '#apps/api/http/body/fields';
import { Described } from '../http/described.dto.js';

/** Neutron API: an item of `allocation_pools`. */
export class PoolBody {
  @IsString() @MaxLength(64) start: string;
  @IsString() @MaxLength(64) end: string;
}

/** Neutron API: an item of `host_routes`. */
export class RouteBody {
  @IsString() @MaxLength(64) destination: string;
  @IsString() @MaxLength(64) nexthop: string;
}

/** Neutron API: `subnet` of POST and PUT /subnets. */
export class SubnetBody extends Described {
  @IsOptional() @IsString() @MaxLength(255) network_id?: string;
  @IsOptional() @IsString() @MaxLength(255) cidr?: string;
  @IsOptional() @LooseInteger() @IsInt() @Min(0) @Max(2_147_483_647) ip_version?: number;
  @IsOptional() @Nullable() @IsString() @MaxLength(255) subnetpool_id?: string | null;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() use_default_subnetpool?: boolean;
  @IsOptional() @LooseInteger() @IsInt() @Min(0) @Max(128) prefixlen?: number;
  @IsOptional() @Nullable() @IsString() @MaxLength(255) gateway_ip?: string | null;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() enable_dhcp?: boolean;
  @IsOptional() @IsArray() @ArrayMaxSize(32) @Nested(() => PoolBody) allocation_pools?: PoolBody[];
  @IsOptional() @IsArray() @ArrayMaxSize(16) @IsString({ each: true }) dns_nameservers?: string[];
  @IsOptional() @IsArray() @ArrayMaxSize(32) @Nested(() => RouteBody) host_routes?: RouteBody[];
}
