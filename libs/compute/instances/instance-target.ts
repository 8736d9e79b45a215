import type { Target } from '#libs/policy/check/check';
import type { Instance } from './instance.entity.js';

/** What rules look at of an instance. */
export function instanceTarget({ projectId, userId }: Pick<Instance, 'projectId' | 'userId'>): Target {
  return { project_id: projectId, user_id: userId };
}
