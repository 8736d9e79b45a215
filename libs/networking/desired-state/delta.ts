import type { DesiredResource, DesiredResourceName } from '#generated/lxstack/agent/v1/desired_state';
import { resourceKinds } from './resources.js';

/** What changed in a host's document. An agent applies `removed` before `changed`. */
export interface Delta {
  changed: readonly DesiredResource[];
  removed: readonly DesiredResourceName[];
}

/** The delta that changes nothing. */
export const EMPTY: Delta = { changed: [], removed: [] };

/** Whether a delta changes nothing. */
export const isEmpty = ({ changed, removed }: Delta): boolean => !changed.length && !removed.length;

/** One delta for several in their order: of each resource only the newest change is kept. */
export function merged(...deltas: Delta[]): Delta {
  const some = deltas.filter((delta) => !isEmpty(delta));
  if (some.length <= 1) return some[0] ?? EMPTY; // The same object for every host: it is serialized once.
  const changed = new Map<string, DesiredResource>();
  const removed = new Map<string, DesiredResourceName>();
  for (const delta of some) {
    for (const name of delta.removed) {
      removed.set(`${name.kind} ${name.id}`, name);
      changed.delete(`${name.kind} ${name.id}`);
      if (name.kind === 'network') dropNetwork(changed, name.id);
    }
    for (const resource of delta.changed) {
      const key = `${resource.body!.$case} ${resource.id}`;
      changed.set(key, resource);
      // A network that was removed and has come back: what belonged to it before must still be removed.
      if (resource.body!.$case !== 'network') removed.delete(key);
    }
  }
  return { changed: [...changed.values()], removed: [...removed.values()] };
}

function dropNetwork(changed: Map<string, DesiredResource>, networkId: string): void {
  for (const [key, { body }] of changed)
    if (body && 'networkId' in body.value && body.value.networkId === networkId) changed.delete(key);
}

/** The delta without the kinds of resources that the agent does not know. */
export function knownTo(kinds: ReadonlySet<string>, delta: Delta): Delta {
  if (resourceKinds.every((kind) => kinds.has(kind))) return delta;
  return {
    changed: delta.changed.filter(({ body }) => kinds.has(body!.$case)),
    removed: delta.removed.filter(({ kind }) => kinds.has(kind)),
  };
}
