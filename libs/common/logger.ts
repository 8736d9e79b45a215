import { pino } from 'pino';
import type { Logger } from 'pino';
import { settings } from './settings/settings.js';

export type { Logger };

/** One JSON line per event on stdout. Keys that carry secrets are cut out wherever they stand. */
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
