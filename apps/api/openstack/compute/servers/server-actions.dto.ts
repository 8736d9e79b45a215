import {
  IsArray,
  IsBase64,
  IsBoolean,
  IsIn,
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
import { Between, LooseBoolean, LooseInteger, LooseString, Name, Nullable, Since } from '#apps/api/http/body/fields';
import { HostName, HostNameOrNull } from '../http/host-name.js';
import { ServerPresentationDto } from './server-presentation.dto.js';

/** `reboot` */
export class RebootDto {
  @Matches(/^(soft|hard)$/i)
  type: string;
}

/** `os-migrateLive` */
export class MigrateLiveDto {
  /** Required; null: the scheduler chooses the host. */
  @Nullable()
  @HostNameOrNull()
  host: string | null;

  /** A boolean up to 2.24; from 2.25 on also `auto`. */
  @LooseBoolean()
  @IsIn([true, false, 'auto'])
  block_migration: boolean | 'auto';

  @Between(1, 24)
  @LooseBoolean()
  @IsBoolean()
  disk_over_commit: boolean;

  @Between(30, 67)
  @IsOptional()
  @LooseBoolean()
  @IsBoolean()
  force?: boolean;
}

/** `migrate`: null up to 2.55. */
export class MigrateDto {
  @Nullable()
  @Since(56)
  @IsOptional()
  @HostName()
  host?: string | null;
}

/** `resize` */
export class ResizeDto {
  @LooseString()
  @IsString()
  @Length(1, 255)
  flavorRef: string;

  @IsOptional()
  @IsIn(['AUTO', 'MANUAL'])
  'OS-DCF:diskConfig'?: string;
}

/** `evacuate` */
export class EvacuateDto {
  @ValidateIf(({ host }: EvacuateDto) => host !== undefined)
  @HostName()
  host?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  adminPass?: string;

  @Between(1, 13)
  @LooseBoolean()
  @IsBoolean()
  onSharedStorage: boolean;

  @Between(29, 67)
  @IsOptional()
  @LooseBoolean()
  @IsBoolean()
  force?: boolean;
}

/** `os-getConsoleOutput` */
export class GetConsoleOutputDto {
  /** Number of lines; -1, null or absent: all. */
  @Nullable()
  @IsOptional()
  @LooseInteger()
  @IsInt()
  @Min(-1)
  @Max(2_147_483_647)
  length?: number | null;
}

/** `os-resetState` */
export class ResetStateDto {
  @IsIn(['active', 'error'])
  state: 'active' | 'error';
}

/** `rebuild` */
export class RebuildDto extends ServerPresentationDto {
  @IsUUID('loose')
  imageRef: string;

  @IsOptional()
  @Name()
  name?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  adminPass?: string;

  @IsOptional()
  @IsObject()
  metadata?: Record<string, string>;

  @Nullable()
  @Since(54)
  @IsOptional()
  @Length(1, 255)
  key_name?: string | null;

  @Nullable()
  @Since(57)
  @IsOptional()
  @IsBase64()
  @MaxLength(65_535)
  user_data?: string | null;

  @IsOptional()
  @LooseBoolean()
  @IsBoolean()
  preserve_ephemeral?: boolean;

  @Between(1, 56)
  @IsOptional()
  @IsArray()
  personality?: unknown[];
}

/** Nova API: addSecurityGroup, removeSecurityGroup: a name or an id. */
export class SecurityGroupNameDto {
  @IsString()
  @Length(1, 255)
  name: string;
}
