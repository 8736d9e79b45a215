import { always, both, either, equal, hasRole, never, not } from './check.js';
import type { Check } from './check.js';

/** What is wrong with a check, in words for an operator. */
export class CheckSyntaxError extends Error {}

/** Attributes of the caller that checks may name. */
const ATTRIBUTES = [
  'user_id',
  'project_id',
  'domain_id',
  'user_domain_id',
  'project_domain_id',
  'system_scope',
  'scope',
];

/** The check behind `rule:NAME`; undefined where no rule has the name. */
export type FindRule = (name: string) => Check | undefined;

/**
 * Parses oslo.policy's language: `role:`, `rule:`, `ATTRIBUTE:%(target)s`, `'literal':%(target)s`, `ATTRIBUTE:literal`,
 * `@` (everybody), `!` (nobody), `and`, `or`, `not`, parentheses. An empty text is `@`. Throws CheckSyntaxError.
 */
export function parseCheck(text: string, find: FindRule): Check {
  const words = wordsOf(text);
  if (!words.length) return always;
  const parser = new Parser(words, find);
  const check = parser.alternatives();
  const rest = parser.next();
  if (rest !== undefined) throw new CheckSyntaxError(`'and' or 'or' is expected before '${rest}'`);
  return check;
}

/** Parentheses at the edges of words are tokens; those within `%(name)s` are not. */
function wordsOf(text: string): string[] {
  return text.split(/\s+/).flatMap((word) => {
    const [, opening = '', inner = '', closing = ''] = /^(\(*)(.*?)(\)*)$/.exec(word) ?? [];
    return [...opening, ...(inner ? [inner] : []), ...closing];
  });
}

class Parser {
  private at = 0;

  constructor(
    private readonly words: readonly string[],
    private readonly find: FindRule,
  ) {}

  next(): string | undefined {
    return this.words[this.at++];
  }

  alternatives(): Check {
    const checks = [this.conjunction()];
    while (this.take('or')) checks.push(this.conjunction());
    return either(checks);
  }

  private conjunction(): Check {
    const checks = [this.factor()];
    while (this.take('and')) checks.push(this.factor());
    return both(checks);
  }

  private factor(): Check {
    if (this.take('not')) return not(this.factor());
    if (!this.take('(')) return this.single();
    const check = this.alternatives();
    if (!this.take(')')) throw new CheckSyntaxError(`')' is missing`);
    return check;
  }

  private single(): Check {
    const word = this.next();
    if (word === undefined || ['and', 'or', ')'].includes(word.toLowerCase()))
      throw new CheckSyntaxError(`a check is expected ${word === undefined ? 'at the end' : `before '${word}'`}`);
    if (word === '@') return always;
    if (word === '!') return never;
    const [, kind = '', match = ''] = /^('[^']*'|[^:]*):(.+)$/.exec(word) ?? [];
    if (!match)
      throw new CheckSyntaxError(`'${word}' is no check: role:NAME, rule:NAME or ATTRIBUTE:%(TARGET)s is expected`);
    if (kind === 'role') return hasRole(match.toLowerCase());
    if (kind === 'rule') return this.named(match);
    return equal(leftOf(kind), rightOf(match));
  }

  private named(name: string): Check {
    const check = this.find(name);
    if (!check) throw new CheckSyntaxError(`there is no rule '${name}'`);
    return check;
  }

  private take(wanted: string): boolean {
    if (this.words[this.at]?.toLowerCase() !== wanted) return false;
    this.at += 1;
    return true;
  }
}

function leftOf(kind: string) {
  const [, quoted] = /^'([^']*)'$/.exec(kind) ?? [];
  if (quoted !== undefined) return { literal: quoted };
  if (kind === 'True' || kind === 'False') return { literal: kind };
  if (!ATTRIBUTES.includes(kind))
    throw new CheckSyntaxError(
      `'${kind}' is nothing that is known of a caller: one of ${ATTRIBUTES.join(', ')} is expected`,
    );
  return { attribute: kind };
}

function rightOf(match: string) {
  const [, attribute] = /^%\(([^()]+)\)s$/.exec(match) ?? [];
  if (attribute !== undefined) return { attribute };
  if (match.includes('%')) throw new CheckSyntaxError(`'${match}' is no target: %(NAME)s is expected`);
  return { literal: match.replace(/^'(.*)'$/, '$1') };
}
