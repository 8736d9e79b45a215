import type { Server } from 'node:http';
import { ConfigError } from '#libs/common/config';

/**
 * Parses `fd:N` (a listening socket inherited from the parent process) or `host:port`. `setting`: the variable's name,
 * for the message. Throws ConfigError.
 */
export function parseListen(setting: string, text: string): { fd: number } | { host: string; port: number } {
  const inherited = /^fd:(\d{1,4})$/.exec(text);
  if (inherited) return { fd: Number(inherited[1]) };
  const address = /^(.*):(\d{1,5})$/.exec(text);
  if (!address) throw new ConfigError(`${setting}: expected fd:N or host:port`);
  return { host: address[1].replace(/^\[(.*)\]$/, '$1'), port: Number(address[2]) };
}

/** Resolves when the server listens; rejects where it cannot. */
export function listen(server: Server, where: { fd: number } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
