import { InvalidInputError } from '#libs/common/errors';
import type { EntityRef } from '#libs/identity/entity-ref';
import type { Credentials, Scope } from '#libs/identity/tokens/tokens.service';

type Json = Record<string, unknown>;

/** Keystone API: the body of POST /v3/auth/tokens. Throws InvalidInputError. */
export function parseAuth(body: unknown): { credentials: Credentials; scope: Scope } {
  const auth = objectIn('auth', body, 'auth');
  return { credentials: parseIdentity(objectIn('auth.identity', auth, 'identity')), scope: parseScope(auth.scope) };
}

function parseIdentity(identity: Json): Credentials {
  const { methods } = identity;
  if (!Array.isArray(methods)) throw new InvalidInputError('auth.identity.methods', 'a list');
  if (methods.includes('token')) {
    const { id } = objectIn('auth.identity.token', identity, 'token');
    if (typeof id !== 'string') throw new InvalidInputError('auth.identity.token.id', 'a string');
    return { token: id };
  }
  if (!methods.includes('password')) throw new InvalidInputError('auth.identity.methods', '["password"] or ["token"]');
  const field = 'auth.identity.password';
  const user = objectIn(`${field}.user`, objectIn(field, identity, 'password'), 'user');
  if (typeof user.password !== 'string') throw new InvalidInputError(`${field}.user.password`, 'a string');
  return { user: refOf(`${field}.user`, user), password: user.password };
}

function parseScope(scope: unknown): Scope {
  if (scope === undefined || scope === null) return 'default';
  if (scope === 'unscoped') return 'unscoped';
  if (!isObject(scope)) throw new InvalidInputError('auth.scope', 'an object');
  if ('unscoped' in scope) return 'unscoped';
  if (scope.project !== undefined) return { project: refOf('auth.scope.project', scope.project) };
  if (scope.domain !== undefined) return { domain: refOf('auth.scope.domain', scope.domain) };
  if (isObject(scope.system) && scope.system.all === true) return 'system';
  throw new InvalidInputError('auth.scope', 'project, domain, system or unscoped');
}

function refOf(field: string, value: unknown): EntityRef {
  const { id, name, domain } = isObject(value) ? value : {};
  if (typeof id !== 'string' && typeof name !== 'string') throw new InvalidInputError(field, 'an id or a name');
  return {
    id: typeof id === 'string' ? id : undefined,
    name: typeof name === 'string' ? name : undefined,
    domain: domain === undefined ? undefined : refOf(`${field}.domain`, domain),
  };
}

function objectIn(field: string, parent: unknown, key: string): Json {
  const value = isObject(parent) ? parent[key] : undefined;
  if (!isObject(value)) throw new InvalidInputError(field, 'an object');
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
