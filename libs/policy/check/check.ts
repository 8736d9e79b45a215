/** What is known of the caller, by oslo.policy's names: project_id, roles, system_scope, … */
export type Credentials = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * What is known of the thing that the caller asks for: project_id, user_id, network:project_id, target.user.domain_id,
 * …
 */
export type Target = Readonly<Record<string, string | boolean | null | undefined>>;

/** `unknown`: the verdict depends on the target, which is not known yet. */
export type Verdict = boolean | 'unknown';

export interface Question {
  credentials: Credentials;
  /** Null: not known yet. */
  target: Target | null;
}

export type Check = (question: Question) => Verdict;

/** oslo.policy: `@`. */
export const always: Check = () => true;
/** oslo.policy: `!`. */
export const never: Check = () => false;

/** oslo.policy: `and`. */
export const both =
  (checks: readonly Check[]): Check =>
  (question) => {
    const verdicts = checks.map((check) => check(question));
    return verdicts.includes(false) ? false : verdicts.includes('unknown') ? 'unknown' : true;
  };

/** oslo.policy: `or`. */
export const either =
  (checks: readonly Check[]): Check =>
  (question) => {
    const verdicts = checks.map((check) => check(question));
    return verdicts.includes(true) ? true : verdicts.includes('unknown') ? 'unknown' : false;
  };

/** oslo.policy: `not`. Unknown stays unknown. */
export const not =
  (check: Check): Check =>
  (question) => {
    const verdict = check(question);
    return verdict === 'unknown' ? verdict : !verdict;
  };

/** oslo.policy: `role:`. */
export const hasRole =
  (role: string): Check =>
  ({ credentials }) =>
    Array.isArray(credentials.roles) && credentials.roles.includes(role);

type Operand = { attribute: string } | { literal: string };

/**
 * oslo.policy's generic check. Left: an attribute of the caller or a literal; right: one of the target or a literal.
 */
export const equal =
  (left: Operand, right: Operand): Check =>
  ({ credentials, target }) => {
    const mine = 'literal' in left ? left.literal : credentials[left.attribute];
    if (mine === undefined || typeof mine !== 'string') return false;
    if ('literal' in right) return mine === right.literal;
    if (!target) return 'unknown';
    const its = target[right.attribute];
    return its !== undefined && its !== null && mine === wordOf(its);
  };

/** Booleans as checks write them: Python's words. */
const wordOf = (value: string | boolean): string => (typeof value === 'string' ? value : value ? 'True' : 'False');
