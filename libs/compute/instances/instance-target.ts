import type { Target } from '#libs/policy/check/check';
import type { Instance } from './instance.entity.js';

/** The fields of an instance that policy rules compare with the caller. */
export function instanceTarget({ projectId, userId }: Pick<Instance, 'projectId' | 'userId'>): Target {
  return { project_id: projectId, user_id: userId };
}
