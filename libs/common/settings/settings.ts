import { ConfigError } from '../config.js';
import type { Field } from './field.js';
import { GROUPS } from './groups.js';

type Groups = typeof GROUPS;
export type Group = keyof Groups;
/** The values of one group, by the names in GROUPS. */
export type SettingsOf<G extends Group> = {
  readonly [K in keyof Groups[G]]: Groups[G][K] extends Field<infer T> ? T : never;
};
type Values = { [G in Group]?: SettingsOf<G> };

let started: Values | undefined;

/**
 * Reads the environment once, for a process that starts: what it does not name is read when it is asked for. Throws a
 * ConfigError that names everything that is wrong.
 */
export function readSettings(...groups: Group[]): void {
  const problems: string[] = [];
  const values: Values = {};
  for (const group of groups) Object.assign(values, { [group]: parse(group, problems) });
  if (problems.length) throw new ConfigError(problems.join('; '));
  started = values;
}

/** The settings of one group. Throws ConfigError where the process has not read them at its start and they are wrong. */
export function settings<G extends Group>(group: G): SettingsOf<G> {
  const known = started?.[group];
  if (known) return known as SettingsOf<G>;
  const problems: string[] = [];
  const values = parse(group, problems);
  if (problems.length) throw new ConfigError(problems.join('; '));
  if (started) Object.assign(started, { [group]: values });
  return values;
}

/** The environment variable of a setting, for messages. */
export function nameOfSetting<G extends Group>(group: G, key: keyof Groups[G]): string {
  return (GROUPS[group][key] as Field<unknown>).name;
}

/** Values are never told: some of them carry passwords. */
function parse<G extends Group>(group: G, problems: string[]): SettingsOf<G> {
  const values = Object.entries<Field<unknown>>(GROUPS[group]).map(([key, { name, expected, schema }]) => {
    const given = process.env[name] || undefined;
    const { success, data } = schema.safeParse(given);
    if (!success)
      problems.push(given === undefined ? `${name} is not set: expected ${expected}` : `${name}: expected ${expected}`);
    return [key, data];
  });
  return Object.fromEntries(values) as SettingsOf<G>;
}
