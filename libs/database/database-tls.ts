import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '#libs/common/config';

/** The options for Node's TLS that the URL's parameters stand for. */
export type DatabaseTls = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'checkServerIdentity'>;

const MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/**
 * Reads libpq's `sslmode` and its files from a database URL's query. `require` encrypts and trusts any server; with a
 * CA it means `verify-ca`, as in libpq. `allow` and `prefer` are refused, because they fall back to plain text. Throws
 * ConfigError.
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
  // Only `verify-full` compares the server's name.
  return { ...own, rejectUnauthorized: ca !== undefined, checkServerIdentity: () => undefined };
}

function read(file: string | null | undefined): Buffer | undefined {
  return file ? readFileSync(file) : undefined;
}
