import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { LooseBooleanOrBit, LooseInteger, Nullable } from '#apps/api/http/body/fields';
import { Described } from '../http/described.dto.js';

/** Neutron API: `subnetpool` of POST and PUT /subnetpools. */
export class SubnetPoolBody extends Described {
  @IsOptional() @IsArray() @ArrayMaxSize(64) @IsString({ each: true }) prefixes?: string[];
  @IsOptional() @LooseInteger() @IsInt() @Min(0) @Max(128) default_prefixlen?: number;
  @IsOptional() @LooseInteger() @IsInt() @Min(1) @Max(128) min_prefixlen?: number;
  @IsOptional() @LooseInteger() @IsInt() @Min(0) @Max(128) max_prefixlen?: number;
  @IsOptional() @Nullable() @LooseInteger() @IsInt() @Min(0) @Max(2_147_483_647) default_quota?: number | null;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() shared?: boolean;
  @IsOptional() @LooseBooleanOrBit() @IsBoolean() is_default?: boolean;
  /** There are no address scopes. */
  @IsOptional() @Nullable() @IsIn([null]) address_scope_id?: null;
}
