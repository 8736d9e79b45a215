import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { messageOf } from '#libs/common/errors';
import { PolicyError } from './rule-book.js';
import type { Overrides } from './rule-book.js';

/** Reads an operator's rules: a YAML map of rule to check, as oslo.policy's policy.yaml. Throws PolicyError. */
export function readPolicyFile(path: string): Overrides {
  return parsePolicy(path, read(path));
}

/** As `readPolicyFile`, for the file's text. */
export function parsePolicy(path: string, text: string): Overrides {
  const content = yamlOf(path, text) ?? {};
  if (typeof content !== 'object' || Array.isArray(content))
    throw new PolicyError(
      `${path}: a map of rules to checks is expected, such as "identity:list_users": "role:reader"`,
    );
  for (const [name, check] of Object.entries(content))
    if (typeof check !== 'string')
      throw new PolicyError(`${path}: rule '${name}': a check as text is expected, such as "role:admin" ("!": nobody)`);
  return content as Overrides;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new PolicyError(`${path} cannot be read: ${messageOf(error)}`);
  }
}

function yamlOf(path: string, text: string): unknown {
  try {
    return parse(text, { uniqueKeys: true });
  } catch (error) {
    throw new PolicyError(`${path} is no YAML: ${messageOf(error)}`);
  }
}
