import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { LooseBooleanOrBit, LooseInteger } from '#apps/api/http/body/fields';
import { Described } from '../http/described.dto.js';

/** Neutron API: `network` of POST and PUT /networks. */
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
