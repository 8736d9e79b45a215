import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/** Neutron: `*` as target_project. */
export const EVERYBODY = '*';

/**
 * Shares a thing with a project, or with all (Neutron: RBAC policy). A network that is shared with all has `shared` too: a
 * trigger of `networks` keeps its policy.
 */
@Entity('rbac_policies')
export class RbacPolicy extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Whose the policy is. */
  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text', name: 'object_type' })
  objectType: 'network';

  @Column({ type: 'uuid', name: 'object_id' })
  objectId: string;

  @Column({ type: 'text' })
  action: 'access_as_shared';

  /** With whom: a project's id, or `*`. */
  @Column({ type: 'text', name: 'target_project' })
  targetProject: string;
}
