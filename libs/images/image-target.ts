import type { Target } from '#libs/policy/check/check';
import type { Image } from './image.entity.js';

/** The fields of an image that policy rules compare with the caller. `visible`: anybody may use the image. */
export function imageTarget({ projectId, visibility }: Pick<Image, 'projectId' | 'visibility'>): Target {
  return { project_id: projectId, visible: visibility === 'public' || visibility === 'community' };
}
