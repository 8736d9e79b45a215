/**
 * A query field of a list, as the service's API reference or schema has it: a value by which the thing is found, one by which
 * it is not, and one that is none (400). null: there is no such value.
 */
export type Field = readonly [name: string, finds: string | null, misses: string | null, wrong?: string];

export interface List {
  /** With the fields that are always asked. */
  path: string;
  /** Of the list in the answer. */
  key: string;
  /** The one that is looked for, by `shown`. */
  thing: string;
  shown?: string;
  by?: 'admin' | 'member';
  fields: readonly Field[];
  /** Fields that change how items are shown, not which. */
  shows?: readonly string[];
  /** 'refused': an unknown field is 400, from this microversion on; 'ignored': by the real service too, for the reason given. */
  unknown: 'refused' | { refusedFrom: number } | { ignored: string };
  /** How pages are asked for; `stale`: the status of a marker that names none. */
  pages?: { stale: number; marker?: string };
}

/** Ids of what the world of the test holds. */
export interface Things {
  projectId: string;
  userId: string;
  roleId: string;
  networkId: string;
  subnetId: string;
  portId: string;
  groupId: string;
  ruleId: string;
  routerId: string;
  subnetPoolId: string;
  rbacPolicyId: string;
  imageId: string;
  serverId: string;
  hostId: string;
  migrationId: string;
  requestId: string;
  serverGroupId: string;
  operationId: string;
  planId: string;
}

export const NOWHERE = '00000000-0000-4000-8000-000000000000';
export const TIMES = { past: '2001-01-01T00:00:00Z', future: '2101-01-01T00:00:00Z' };
