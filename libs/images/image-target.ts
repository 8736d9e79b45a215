import type { Target } from '#libs/policy/check/check';
import type { Image } from './image.entity.js';

/** What rules look at of an image. `visible`: to everybody who asks for it. */
export function imageTarget({ projectId, visibility }: Pick<Image, 'projectId' | 'visibility'>): Target {
  return { project_id: projectId, visible: visibility === 'public' || visibility === 'community' };
}
