import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { defaultSecurityGroup } from '../security-groups/default-security-group.js';
import type { Port } from './port.entity.js';

/**
 * A port with port security is in its project's default group, and no other group exists. Throws NotFoundError for
 * another group, and InvalidInputError for a list that the port would not have: it would be shown and never enforced.
 */
export function requireGroups(port: Pick<Port, 'projectId' | 'portSecurityEnabled'>, wanted?: string[]): void {
  if (!wanted) return;
  const { id: defaultGroup } = defaultSecurityGroup(port.projectId);
  const unknown = wanted.find((id) => id !== defaultGroup);
  if (unknown !== undefined) throw new NotFoundError('SecurityGroup', String(unknown));
  if (wanted.length && !port.portSecurityEnabled)
    throw new InvalidInputError('security_groups', 'none on a port without port security');
  if (!wanted.length && port.portSecurityEnabled)
    throw new InvalidInputError('security_groups', `the project's default group ${defaultGroup}, or port security off`);
}
