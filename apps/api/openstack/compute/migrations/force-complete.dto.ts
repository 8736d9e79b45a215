import { Equals } from 'class-validator';
import { Nullable } from '#apps/api/http/body/fields';

/** Nova API: POST /servers/{id}/migrations/{id}/action */
export class ForceCompleteDto {
  @Nullable()
  @Equals(null)
  force_complete: null;
}
