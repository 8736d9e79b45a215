import { Entity, PrimaryColumn } from 'typeorm';

/** A project that may see and use a flavor that is not public (Nova: os-flavor-access). */
@Entity('flavor_access')
export class FlavorAccess {
  @PrimaryColumn({ type: 'text', name: 'flavor_id' })
  flavorId: string;

  @PrimaryColumn({ type: 'text', name: 'project_id' })
  projectId: string;
}
