import { IsOptional } from 'class-validator';
import { Name } from '#apps/api/http/body/fields';
import { ServerPresentationDto } from './server-presentation.dto.js';

/** Nova API: `server` of PUT /servers/{id}. */
export class UpdateServerDto extends ServerPresentationDto {
  @IsOptional()
  @Name()
  name?: string;
}
