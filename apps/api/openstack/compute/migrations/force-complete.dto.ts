import { Equals } from 'class-validator';

/** Nova API: POST /servers/{id}/migrations/{id}/action */
export class ForceCompleteDto {
  @Equals(null)
  force_complete: null;
}
