import { IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { LooseBoolean, LooseInteger, LooseString, Name, Nullable, Since } from '#apps/api/http/body/fields';

const MAX_INT = 2_147_483_647;

/** Nova API: `flavor` of POST /flavors. */
export class CreateFlavorDto {
  @Name()
  name: string;

  /** null or `auto`: the API makes an id. */
  @Nullable()
  @IsOptional()
  @LooseString()
  @Matches(/^[a-zA-Z0-9. _-]{1,255}$/)
  id?: string | null;

  /** MiB. */
  @LooseInteger()
  @IsInt()
  @Min(1)
  @Max(MAX_INT)
  ram: number;

  @LooseInteger()
  @IsInt()
  @Min(1)
  @Max(MAX_INT)
  vcpus: number;

  /** GiB; 0: no limit. */
  @LooseInteger()
  @IsInt()
  @Min(0)
  @Max(MAX_INT)
  disk: number;

  /** Only 0: containers have no second disk and no swap of their own. */
  @IsOptional()
  @LooseInteger()
  @IsIn([0])
  'OS-FLV-EXT-DATA:ephemeral'?: number;

  @IsOptional()
  @LooseInteger()
  @IsIn([0, ''])
  swap?: number | '';

  @IsOptional()
  @IsNumber()
  rxtx_factor?: number;

  @IsOptional()
  @LooseBoolean()
  @IsBoolean()
  'os-flavor-access:is_public'?: boolean;

  @Nullable()
  @Since(55)
  @IsOptional()
  @IsString()
  @MaxLength(65_535)
  description?: string | null;
}

/** Nova API: `flavor` of PUT /flavors/{id} (2.55). */
export class UpdateFlavorDto {
  @Nullable()
  @IsOptional()
  @IsString()
  @MaxLength(65_535)
  description: string | null;
}
