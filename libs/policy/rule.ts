/** Where the token's roles hold. `unscoped`: nowhere. */
export type Scope = 'project' | 'domain' | 'system' | 'unscoped';

/** A rule, with what oslo.policy documents of its own. */
export interface RuleSpec {
  /** Who may do it, in oslo.policy's check language. */
  check: string;
  /** Scopes of tokens that the rule accepts. */
  scope: readonly Scope[];
  description: string;
  /**
   * Routes for which the guard asks this rule before it calls the controller: `GET /compute/v2.1/servers/{id}`, or with
   * the one key of the body: `POST /compute/v2.1/servers/{id}/action reboot`. Without routes, services and renderers
   * ask the rule.
   */
  routes?: readonly string[];
  /** What its routes show is the same for all who may see it and no service makes it: the guard alone asks. */
  about?: 'nothing';
}

/** Accepts tokens of a project. */
export const PROJECT = ['project'] as const satisfies Scope[];
/** For operators of the whole cloud: a role on the system or, as in older clouds, on a project. */
export const CLOUD = ['system', 'project'] as const satisfies Scope[];
/** For administrators of a domain, and for operators of the whole cloud. */
export const DOMAIN = ['system', 'domain', 'project'] as const satisfies Scope[];
/** Accepts any token, also one without a scope. */
export const ANY = ['system', 'domain', 'project', 'unscoped'] as const satisfies Scope[];

/** A noun's table; its keys are the rules' names. */
export const rules = <Name extends string>(table: Record<Name, RuleSpec>): Readonly<Record<Name, RuleSpec>> => table;
