import { IsOptional, Length, Matches } from 'class-validator';
import { ServerPresentationDto } from './server-presentation.dto.js';

/** Nova API: `server` of PUT /servers/{id}. */
export class UpdateServerDto extends ServerPresentationDto {
  @IsOptional()
  @Length(1, 255)
  @Matches(/\S/)
  name?: string;
}
