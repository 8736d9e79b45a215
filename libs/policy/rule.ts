/** Where the token's roles hold. `unscoped`: nowhere. */
export type Scope = 'project' | 'domain' | 'system' | 'unscoped';

/** One rule, as oslo.policy documents its own. */
export interface RuleSpec {
  /** Who, in oslo.policy's check language. */
  check: string;
  /** Scopes of tokens that it takes. */
  scope: readonly Scope[];
  description: string;
  /**
   * Routes that ask it before their controller is called: `GET /compute/v2.1/servers/{id}`; behind a body's one key:
   * `POST /compute/v2.1/servers/{id}/action reboot`. Others are asked by services, and by renderers for what they show.
   */
  routes?: readonly string[];
}

export const PROJECT = ['project'] as const satisfies Scope[];
/** What operators of the whole cloud do: with a role on the system, or as before on a project. */
export const CLOUD = ['system', 'project'] as const satisfies Scope[];
export const DOMAIN = ['system', 'domain', 'project'] as const satisfies Scope[];
export const ANY = ['system', 'domain', 'project', 'unscoped'] as const satisfies Scope[];

/** A noun's table. Its keys are the rules' names. */
export const rules = <Name extends string>(table: Record<Name, RuleSpec>): Readonly<Record<Name, RuleSpec>> => table;
