import { ArrayMaxSize, IsArray, IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { LooseBooleanOrBit, Nested } from '#apps/api/http/body/fields';
import { Described } from '../http/described.dto.js';

/** Neutron API: an item of `fixed_ips`. */
export class FixedIpBody {
  @IsOptional() @IsString() @MaxLength(64) subnet_id?: string;
  @IsOptional() @IsString() @MaxLength(64) ip_address?: string;
}

/** Neutron API: an item of `allowed_address_pairs`. */
export class AddressPairBody {
  @IsOptional() @IsString() @MaxLength(64) mac_address?: string;
  @IsString() @MaxLength(64) ip_address: string;
}

/** Neutron API: `port` of POST and PUT /ports. */
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
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @Nested(() => AddressPairBody)
  allowed_address_pairs?: AddressPairBody[];
}
