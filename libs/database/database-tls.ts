import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '#libs/common/config';

/** What Node's TLS is told of the server and of us. */
export type DatabaseTls = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'checkServerIdentity'>;

const MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/**
 * libpq's `sslmode` and its files, read from a database URL's query. `require` encrypts and trusts any server, unless
 * there is a CA: then it is `verify-ca`, as libpq has it. `allow` and `prefer` fall back to plain text, so they are not
 * taken. Throws ConfigError.
 */
export function databaseTls(query: URLSearchParams, caFile: string | undefined): DatabaseTls | false {
  const mode = query.get('sslmode') ?? 'disable';
  if (!MODES.includes(mode))
    throw new ConfigError(`LXSTACK_DATABASE_URL: sslmode: expected one of ${MODES.join(', ')}`);
  if (mode === 'disable') return false;
  const ca = read(query.get('sslrootcert') ?? caFile);
  if (!ca && mode !== 'require')
    throw new ConfigError(`LXSTACK_DATABASE_URL: sslmode=${mode} wants sslrootcert or LXSTACK_DATABASE_CA_FILE`);
  const own = { ca, cert: read(query.get('sslcert')), key: read(query.get('sslkey')) };
  if (mode === 'verify-full') return own;
  // The server's name is not compared below `verify-full`.
  return { ...own, rejectUnauthorized: ca !== undefined, checkServerIdentity: () => undefined };
}

function read(file: string | null | undefined): Buffer | undefined {
  return file ? readFileSync(file) : undefined;
}
