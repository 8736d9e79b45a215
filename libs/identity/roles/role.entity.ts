import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A role (Keystone: role). admin implies member, member implies reader. */
@Entity('roles')
export class Role {
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'text', unique: true })
  name: string;
}

/** `projectId` of assignments on the whole cloud. */
export const SYSTEM = 'system';

/**
 * A role of a user on a project. `projectId` is the domain's id for a role on a domain, SYSTEM for one on the whole
 * cloud.
 */
@Entity('role_assignments')
export class RoleAssignment {
  @PrimaryColumn({ type: 'text', name: 'user_id' })
  userId: string;

  @PrimaryColumn({ type: 'text', name: 'project_id' })
  projectId: string;

  @PrimaryColumn({ type: 'text', name: 'role_id' })
  roleId: string;
}
