import type { Asker } from '#libs/policy/credentials';
import { allows, ownOf, requireMayTry } from '#libs/policy/policy';
import type { Event } from './events.js';

/** Throws ForbiddenError where the asker may hear no event at all. */
export function requireMayListen(asker: Asker): void {
  requireMayTry(asker, 'fleet:operations:list');
}

/** Whether the asker may hear events of the project it is scoped to. */
export function mayListen(asker: Asker): boolean {
  return allows(asker, 'fleet:operations:list', ownOf(asker));
}

/** Whether the event is for the asker: of the own project, or any where the policy says so. */
export function hears(asker: Asker, { projectId }: Pick<Event, 'projectId'>): boolean {
  if (allows(asker, 'fleet:operations:all_projects', ownOf(asker))) return true;
  return projectId !== null && projectId === asker.projectId;
}
