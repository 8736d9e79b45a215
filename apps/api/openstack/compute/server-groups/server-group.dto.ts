import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsObject, IsOptional } from 'class-validator';
import { Between, Name, Since } from '#apps/api/http/body/fields';

const policies = ['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity'] as const;
type Policy = (typeof policies)[number];

/** Nova API: `server_group` of POST /os-server-groups. */
export class CreateServerGroupDto {
  @Name()
  name: string;

  @Between(1, 63)
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1)
  @IsIn(policies, { each: true })
  policies?: Policy[];

  @Since(64)
  @IsOptional()
  @IsIn(policies)
  policy?: Policy;

  /** Nova API: `max_server_per_host`, with anti-affinity only. */
  @Since(64)
  @IsOptional()
  @IsObject()
  rules?: Record<string, unknown>;
}
