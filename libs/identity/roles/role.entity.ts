import { Column, Entity, PrimaryColumn } from 'typeorm';

/** admin, member, reader; admin implies member implies reader. */
@Entity('roles')
export class Role {
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'text', unique: true })
  name: string;
}

/** `projectId` of roles on the whole cloud. */
export const SYSTEM = 'system';

/** A role of a user on a project (or domain: `projectId` is the domain's id; or the cloud: SYSTEM). */
@Entity('role_assignments')
export class RoleAssignment {
  @PrimaryColumn({ type: 'text', name: 'user_id' })
  userId: string;

  @PrimaryColumn({ type: 'text', name: 'project_id' })
  projectId: string;

  @PrimaryColumn({ type: 'text', name: 'role_id' })
  roleId: string;
}
