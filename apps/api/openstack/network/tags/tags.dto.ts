import { ArrayMaxSize, IsArray, IsString } from 'class-validator';

/** Neutron API: body of PUT and POST …/tags. */
export class TagsBody {
  @IsArray() @ArrayMaxSize(50) @IsString({ each: true }) tags: string[];
}
