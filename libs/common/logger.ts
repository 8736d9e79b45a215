import { pino } from 'pino';
import type { Logger } from 'pino';
import { settings } from './settings/settings.js';

export type { Logger };

/** Writes one JSON line per event to stdout. Leaves out the values of keys that carry secrets, at any depth. */
export function createLogger(process: string): Logger {
  return pino({
    name: process,
    level: settings('log').level,
    redact: {
      paths: ['password', '*.password', 'token', '*.token', 'secret', '*.secret', 'adminPass', '*.adminPass'],
      censor: '[secret]',
    },
  });
}
