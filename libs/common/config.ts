import { readFileSync } from 'node:fs';

/** A setting that a process cannot start without was missing or wrong. */
export class ConfigError extends Error {}

/** Reads the environment variable `name`; throws ConfigError where it is unset and there is no `fallback`. */
export function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback;
  if (value === undefined || value === '') throw new ConfigError(`${name} is not set`);
  return value;
}

export function numberSetting(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isFinite(value)) throw new ConfigError(`${name} is not a number`);
  return value;
}

/** `true` or `false`; false where it is not set. */
export function flagSetting(name: string): boolean {
  const value = process.env[name] ?? 'false';
  if (value !== 'true' && value !== 'false') throw new ConfigError(`${name} is neither true nor false`);
  return value === 'true';
}

/** A secret comes from a file named by `${name}_FILE`, so that it never stands in argv or the environment. */
export function secretSetting(name: string): string {
  return readFileSync(setting(`${name}_FILE`), 'utf8').trim();
}
