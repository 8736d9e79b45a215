/** A setting that a process cannot start without was missing or wrong. */
export class ConfigError extends Error {}

/**
 * Reads the environment variable `name`, for the command line and tests (processes have `settings/`); throws ConfigError where it is unset and there is no
 * `fallback`.
 */
export function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback;
  if (value === undefined || value === '') throw new ConfigError(`${name} is not set`);
  return value;
}

/** `true` or `false`; false where it is not set. */
export function flagSetting(name: string): boolean {
  const value = process.env[name] ?? 'false';
  if (value !== 'true' && value !== 'false') throw new ConfigError(`${name} is neither true nor false`);
  return value === 'true';
}
