import { ForbiddenError } from '#libs/common/errors';
import type { Target } from './check/check.js';
import { credentialsOf, scopeOf } from './credentials.js';
import type { Asker } from './credentials.js';
import { PolicyDeniedError } from './policy-denied.error.js';
import { readPolicyFile } from './policy-file.js';
import { PolicyError, ruleBook } from './rule-book.js';
import type { Overrides, Rule } from './rule-book.js';
import type { RuleName } from './rule-tables.js';
import type { Scope } from './rule.js';

/** The rules of this process: the tables', and the operator's over them once the process has started. */
let book = ruleBook();
let byRoute = routesOf(book);

/**
 * Puts the rules of an operator's file over those of the tables; null: no file. Throws PolicyError that names
 * everything wrong, and then changes nothing.
 */
export function usePolicyFile(path: string | null): void {
  try {
    usePolicy(path === null ? {} : readPolicyFile(path));
  } catch (error) {
    throw error instanceof PolicyError && path !== null && !error.message.startsWith(path)
      ? new PolicyError(`${path}: ${error.message}`)
      : error;
  }
}

/** As `usePolicyFile`, for rules that have been read. Throws PolicyError. */
export function usePolicy(overrides: Overrides): void {
  book = ruleBook(overrides);
  byRoute = routesOf(book);
}

/** Every rule as it is asked, with its source. */
export function listRules(): Rule[] {
  return [...book.values()];
}

/**
 * Whether the rule allows the caller to do this to the target. An attribute that the target lacks matches no caller.
 */
export function allows(caller: Asker, name: RuleName, target: Target = {}): boolean {
  const rule = book.get(name)!;
  if (!rule.scope.includes(scopeOf(caller))) return false;
  return rule.judge({ credentials: credentialsOf(caller), target }) === true;
}

/** As `allows`; throws PolicyDeniedError where it does not. */
export function requireAllowed(caller: Asker, name: RuleName, target: Target = {}): void {
  if (!allows(caller, name, target)) throw new PolicyDeniedError(name);
}

/** What a list is about, and what a new thing will be of, where nothing else is said: the caller's own project and user. */
export function ownOf({ projectId, userId }: Pick<Asker, 'projectId' | 'userId'>): Target {
  return { project_id: projectId, user_id: userId };
}

/**
 * Throws ForbiddenError where the rule would refuse the caller whatever the target is. For the guard, which does not
 * know the target yet.
 */
export function requireMayTry(caller: Asker, name: RuleName): void {
  const rule = book.get(name)!;
  const scope = scopeOf(caller);
  if (!rule.scope.includes(scope)) throw new ForbiddenError(wrongScope(name, scope, rule.scope));
  if (rule.about === 'nothing') return requireAllowed(caller, name, {});
  if (rule.judge({ credentials: credentialsOf(caller), target: null }) === false) throw new PolicyDeniedError(name);
}

/**
 * The rule of a route (`GET /compute/v2.1/servers/{id}`). `key`: the one key of the request's body, where rules differ
 * by it.
 */
export function ruleOfRoute(route: string, key?: string): RuleName | undefined {
  return byRoute.get(`${route} ${key}`) ?? byRoute.get(route);
}

function routesOf(rules: ReadonlyMap<RuleName, Rule>): Map<string, RuleName> {
  return new Map([...rules.values()].flatMap(({ name, routes }) => routes.map((route) => [route, name] as const)));
}

function wrongScope(name: string, scope: Scope, wanted: readonly Scope[]): string {
  const have = scope === 'unscoped' ? 'not scoped' : `scoped to ${SCOPE_WORDS[scope]}`;
  return `The token is ${have}: ${name} wants one that is scoped to ${wanted.map((one) => SCOPE_WORDS[one]).join(' or ')}.`;
}

const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  project: 'a project',
  domain: 'a domain',
  system: 'the system',
  unscoped: 'nothing',
};
