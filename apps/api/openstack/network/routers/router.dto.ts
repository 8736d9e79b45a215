import { ArrayMaxSize, IsArray, IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { LooseBooleanOrBit, Nested, Nullable } from '#apps/api/http/body/fields';
import { Described } from '../http/described.dto.js';

/** Neutron API: an item of `routes`. */
export class ExtraRouteBody {
  @IsString() @MaxLength(64) destination: string;
  @IsString() @MaxLength(64) nexthop: string;
}

/** Neutron API: `external_gateway_info`. */
export class ExternalGatewayBody {
  @IsOptional() @IsString() @MaxLength(255) network_id?: string;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() enable_snat?: boolean;
  @IsOptional() @IsArray() @ArrayMaxSize(16) external_fixed_ips?: unknown[];
}

/** Neutron API: `router` of POST and PUT /routers. */
export class RouterBody extends Described {
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() admin_state_up?: boolean;
  @IsOptional() @Nullable() @Nested(() => ExternalGatewayBody) external_gateway_info?: ExternalGatewayBody | null;
  @IsOptional() @Nullable() @IsArray() @ArrayMaxSize(64) @Nested(() => ExtraRouteBody) routes?: ExtraRouteBody[] | null;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() distributed?: boolean;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() ha?: boolean;
  @IsOptional() @IsArray() @ArrayMaxSize(16) @IsString({ each: true }) availability_zone_hints?: string[];
}

/** Neutron API: `router` of add_extraroutes and remove_extraroutes. */
export class ExtraRoutesBody {
  @IsArray() @ArrayMaxSize(64) @Nested(() => ExtraRouteBody) routes: ExtraRouteBody[];
}

/** Neutron API: body of add_router_interface and remove_router_interface. */
export class InterfaceBody {
  @IsOptional() @IsString() @MaxLength(255) subnet_id?: string;
  @IsOptional() @IsString() @MaxLength(255) port_id?: string;
}
