import {
  ArrayMaxSize,
  IsArray,
  IsBase64,
  IsBoolean,
  IsIP,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import {
  Between,
  LooseBoolean,
  LooseInteger,
  LooseString,
  Name,
  Nested,
  Nullable,
  Since,
} from '#apps/api/http/body/fields';
import { parseBody } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import type { Microversion } from '../http/microversion.js';
import { ServerPresentationDto } from './server-presentation.dto.js';

/** Nova API: networks[] of POST /servers. */
export class RequestedNetworkDto {
  @IsOptional()
  @IsUUID('loose')
  uuid?: string;

  @Nullable()
  @IsOptional()
  @IsUUID('loose')
  port?: string | null;

  @IsOptional()
  @IsIP()
  fixed_ip?: string;

  @Since(32)
  @IsOptional()
  @Length(1, 60)
  tag?: string;
}

class SecurityGroupDto {
  @IsString()
  @Length(1, 255)
  name: string;
}

/** Nova API: `server` of POST /servers. */
export class CreateServerDto extends ServerPresentationDto {
  @Name()
  name: string;

  @IsUUID('loose')
  imageRef: string;

  @LooseString()
  @IsString()
  @Length(1, 255)
  flavorRef: string;

  /** `auto`, `none` (both from 2.37 on) or a list; see requestedNetworks. */
  @Nullable()
  @IsOptional()
  networks?: unknown;

  @IsOptional()
  @IsObject()
  metadata?: Record<string, string>;

  @IsOptional()
  @Length(1, 255)
  key_name?: string;

  @IsOptional()
  @IsBase64()
  @MaxLength(65_535)
  user_data?: string;

  @IsOptional()
  @Length(1, 255)
  availability_zone?: string;

  @IsOptional()
  @LooseInteger()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  min_count?: number;

  @IsOptional()
  @LooseInteger()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  max_count?: number;

  @ValidateIf((_, value) => value !== undefined && value !== '')
  @LooseBoolean()
  @IsBoolean()
  config_drive?: boolean | '';

  @IsOptional()
  @Nested(() => SecurityGroupDto)
  @IsArray()
  @ArrayMaxSize(100)
  security_groups?: SecurityGroupDto[];

  /** Refused by refuseUndelivered. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  adminPass?: string;

  @Since(52)
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @Length(1, 60, { each: true })
  @Matches(/^[^,/]*$/, { each: true })
  tags?: string[];

  @Since(74)
  @IsOptional()
  @Length(1, 255)
  host?: string;

  @Since(74)
  @IsOptional()
  @Length(1, 255)
  hypervisor_hostname?: string;

  @Between(1, 56)
  @IsOptional()
  @IsArray()
  personality?: unknown[];

  @IsOptional()
  @LooseBoolean()
  @IsBoolean()
  return_reservation_id?: boolean;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(255)
  block_device_mapping_v2?: unknown[];

  @Nullable()
  @Since(63)
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  trusted_image_certificates?: string[] | null;

  @IsOptional()
  @IsObject()
  'OS-SCH-HNT:scheduler_hints'?: Record<string, unknown>;
}

export type RequestedNetworks = 'auto' | 'none' | RequestedNetworkDto[];

/**
 * `networks` by microversion: where absent, it means `auto` up to 2.36 and is refused from 2.37 on. Throws InputError.
 */
export function requestedNetworks(networks: unknown, version: Microversion): RequestedNetworks {
  if (networks === undefined || networks === null) {
    if (version >= 37) throw new InputError('networks', undefined, `'networks' is a required property`);
    return 'auto';
  }
  if ((networks === 'auto' || networks === 'none') && version >= 37) return networks;
  if (!Array.isArray(networks))
    throw new InputError('networks', networks, `a list is expected, 'auto' or 'none' from 2.37 on`);
  if (networks.length > 64) throw new InputError('networks', networks, 'at most 64 are expected');
  if (!networks.length) return version >= 37 ? 'none' : 'auto';
  return networks.map((network: unknown, n) =>
    parseBody(RequestedNetworkDto, network, { version, path: `networks.${n}` }),
  );
}

/** A map of text, keys and values at most 255 characters (Nova: types.metadata). Throws InputError. */
export function metadataOf(value: Record<string, unknown> = {}, field = 'metadata'): Record<string, string> {
  for (const [key, text] of Object.entries(value)) {
    if (!/^[a-zA-Z0-9-_:. ]{1,255}$/.test(key))
      throw new InputError(field, value, `${key}: 1 to 255 of letters, digits and -_:. are expected`);
    if (typeof text !== 'string' || text.length > 255)
      throw new InputError(key, text, 'a string of at most 255 characters is expected');
  }
  return value as Record<string, string>;
}

/**
 * Nova: os:scheduler_hints, each a string or a list of strings. Unknown hints are kept: an operator's own filters may
 * read them.
 */
export function schedulerHintsOf(hints: unknown): Record<string, string | string[]> {
  if (hints === undefined || hints === null) return {};
  if (typeof hints !== 'object' || Array.isArray(hints))
    throw new InputError('os:scheduler_hints', hints, 'an object is expected');
  for (const [name, hint] of Object.entries(hints)) {
    const texts: unknown[] = Array.isArray(hint) ? hint : [hint];
    if (!texts.every((text) => typeof text === 'string'))
      throw new InputError(name, hint, 'a string or a list of strings is expected');
  }
  return hints as Record<string, string | string[]>;
}
