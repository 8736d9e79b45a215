import type { Check } from './check/check.js';
import { CheckSyntaxError, parseCheck } from './check/parse-check.js';
import { base } from './base.policy.js';
import { ruleTables } from './rule-tables.js';
import type { RuleName } from './rule-tables.js';
import type { Scope } from './rule.js';

/** The policy cannot be used; the message names every reason, in words for an operator. */
export class PolicyError extends Error {}

/** Checks by rule from a policy file; also checks under names of the operator's own, which others name by `rule:`. */
export type Overrides = Readonly<Record<string, string>>;

export interface Rule {
  name: RuleName;
  /** The check that counts. */
  check: string;
  /** `override`: the operator's file has the check. */
  source: 'default' | 'override';
  scope: readonly Scope[];
  description: string;
  routes: readonly string[];
  about?: 'nothing';
  judge: Check;
}

/** Every rule with its check; those of the file replace the tables'. Throws PolicyError that names everything wrong. */
export function ruleBook(overrides: Overrides = {}): Map<RuleName, Rule> {
  const defaults = Object.entries(ruleTables).map(([name, { check }]): [string, string] => [name, check]);
  const texts = new Map<string, string>([...Object.entries(base), ...defaults]);
  const known = new Set(texts.keys());
  for (const [name, text] of Object.entries(overrides)) texts.set(name, text);
  const problems = unknownNames(Object.keys(overrides), known, texts);
  const compiled = compileAll(texts, problems);
  if (problems.length) throw new PolicyError(problems.join('; '));
  return new Map(
    (Object.keys(ruleTables) as RuleName[]).map((name): [RuleName, Rule] => {
      const { scope, description, routes = [], about } = ruleTables[name];
      const source = Object.hasOwn(overrides, name) ? 'override' : 'default';
      const rule = { name, check: texts.get(name)!, source, scope, description, routes, about } as const;
      return [name, { ...rule, judge: compiled.get(name)! }];
    }),
  );
}

/** Names that are no rule of ours and that no other check uses: the operator has probably mistyped them. */
function unknownNames(given: string[], known: ReadonlySet<string>, texts: ReadonlyMap<string, string>): string[] {
  const named = new Set(
    [...texts.values()].flatMap((text) => [...text.matchAll(/rule:([^\s()]+)/g)].map(([, n]) => n)),
  );
  return given
    .filter((name) => !known.has(name) && !named.has(name))
    .map((name) => `there is no rule '${name}'${nearest(name, known)}`);
}

function nearest(name: string, known: ReadonlySet<string>): string {
  const last = name.split(':').at(-1)!;
  const alike = [...known].filter((one) => one.split(':').at(-1) === last).slice(0, 3);
  return alike.length ? ` (there is ${alike.join(', ')})` : '';
}

function compileAll(texts: ReadonlyMap<string, string>, problems: string[]): Map<string, Check> {
  const done = new Map<string, Check>();
  const open: string[] = [];
  const find = (name: string): Check | undefined => {
    const text = texts.get(name);
    if (text === undefined || done.has(name)) return done.get(name);
    if (open.includes(name))
      throw new CheckSyntaxError(`rules name each other in a circle: ${[...open, name].join(' > ')}`);
    open.push(name);
    try {
      done.set(name, parseCheck(text, find));
    } finally {
      open.pop();
    }
    return done.get(name);
  };
  for (const name of texts.keys()) {
    open.length = 0;
    try {
      find(name);
    } catch (error) {
      if (!(error instanceof CheckSyntaxError)) throw error;
      problems.push(`rule '${name}' (${texts.get(name)}): ${error.message}`);
    }
  }
  return done;
}
