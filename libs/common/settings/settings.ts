import { ConfigError } from '../config.js';
import type { Field } from './field.js';
import { GROUPS } from './groups.js';

type Groups = typeof GROUPS;
export type Group = keyof Groups;
/** The values of a group, by their names in GROUPS. */
export type SettingsOf<G extends Group> = {
  readonly [K in keyof Groups[G]]: Groups[G][K] extends Field<infer T> ? T : never;
};
type Values = { [G in Group]?: SettingsOf<G> };

let started: Values | undefined;

/**
 * Reads these groups from the environment when a process starts; another group is read when it is first asked for.
 * Throws a ConfigError that names everything that is wrong.
 */
export function readSettings(...groups: Group[]): void {
  const problems: string[] = [];
  const values: Values = {};
  for (const group of groups) Object.assign(values, { [group]: parse(group, problems) });
  if (problems.length) throw new ConfigError(problems.join('; '));
  started = values;
}

/**
 * The settings of a group. Throws ConfigError where the process did not read the group at its start and it is wrong.
 */
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

/** Messages never contain values: some carry passwords. */
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
