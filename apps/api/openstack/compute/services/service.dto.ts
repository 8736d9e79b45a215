import { IsBoolean, IsIn, IsOptional, Length } from 'class-validator';
import { LooseBoolean } from '#apps/api/http/body/fields';

/** Nova API: PUT /os-services/{enable,disable,disable-log-reason,force-down} (up to 2.52). */
export class NamedServiceDto {
  @Length(1, 255)
  host: string;

  @IsIn(['nova-compute'])
  binary: string;

  @IsOptional()
  @Length(1, 255)
  disabled_reason?: string;

  @IsOptional()
  @LooseBoolean()
  @IsBoolean()
  forced_down?: boolean;
}

/** Nova API: PUT /os-services/{id} (from 2.53). */
export class UpdateServiceDto {
  @IsOptional()
  @IsIn(['enabled', 'disabled'])
  status?: 'enabled' | 'disabled';

  @IsOptional()
  @Length(1, 255)
  disabled_reason?: string;

  @IsOptional()
  @LooseBoolean()
  @IsBoolean()
  forced_down?: boolean;
}
