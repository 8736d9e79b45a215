import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger };

/** One JSON line per event on stdout. Keys that carry secrets are cut out wherever they stand. */
export function createLogger(process: string): Logger {
  return pino({
    name: process,
    level: globalThis.process.env.LXSTACK_LOG_LEVEL ?? 'info',
    redact: {
      paths: ['password', '*.password', 'token', '*.token', 'secret', '*.secret', 'adminPass', '*.adminPass'],
      censor: '[secret]',
    },
  });
}
