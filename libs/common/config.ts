/** A setting without which a process cannot start is missing or wrong. */
export class ConfigError extends Error {}

/**
 * Reads the environment variable `name`, for the command line and tests (processes use `settings/`). Throws ConfigError
 * where it is not set and there is no `fallback`.
 */
export function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback;
  if (value === undefined || value === '') throw new ConfigError(`${name} is not set`);
  return value;
}

/** Reads `true` or `false`; false where the variable is not set. Throws ConfigError. */
export function flagSetting(name: string): boolean {
  const value = process.env[name] ?? 'false';
  if (value !== 'true' && value !== 'false') throw new ConfigError(`${name} is neither true nor false`);
  return value === 'true';
}
