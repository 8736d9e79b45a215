import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
  TransactionNotStartedError,
} from 'typeorm';

/** TypeORM releases a connection as soon as it breaks: the transaction's next query finds none. */
const LOST_CONNECTION = [
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
  TransactionNotStartedError,
];

/** SQLSTATE of transactions that lost against another one: repeated, they may succeed. */
const LOST_RACE = new Set(['40001', '40P01']);
/** SQLSTATE classes and codes of a server that is away, starts or shuts down. */
const SERVER_AWAY = /^(08|57P0|53300|25P03)/;
const SOCKET_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);
const POOL_MESSAGES = /connection terminated|timeout exceeded when trying to connect|connection ended|not queryable/i;

/** A serialization failure, a deadlock or a stale plan: the transaction may be repeated at once. */
export function isLostRace(error: unknown): boolean {
  return LOST_RACE.has(codeOf(error)) || isStalePlan(error);
}

/** The statement came after one that failed: its transaction can only be rolled back (in_failed_sql_transaction). */
export const isAborted = (error: unknown): boolean => codeOf(error) === '25P02';

/** A migration changed the result of a prepared statement (PostgreSQL reports feature_not_supported). */
export function isStalePlan(error: unknown): boolean {
  return codeOf(error) === '0A000' && error instanceof Error && error.message.includes('cached plan');
}

/** The unique or primary key `constraint` was violated; any of them where it is absent. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false;
  return constraint === undefined || constraintOf(error) === constraint;
}

/** PostgreSQL does not accept a regular expression (SQLSTATE invalid_regular_expression). */
export const isInvalidPattern = (error: unknown): boolean => codeOf(error) === '2201B';

/** The statement's time-out ended it (SQLSTATE query_canceled). */
export const isCancelled = (error: unknown): boolean => codeOf(error) === '57014';

/** PostgreSQL cannot hold, compare or index a value (SQLSTATE classes data exception and program limit exceeded). */
export const isDataException = (error: unknown): boolean => /^(22|54)/.test(codeOf(error));

/** The database does not answer now: restart, failover, no free connection. */
export function isDatabaseAway(error: unknown): boolean {
  if (LOST_CONNECTION.some((type) => error instanceof type)) return true;
  const code = codeOf(error);
  if (SERVER_AWAY.test(code) || SOCKET_ERRORS.has(code)) return true;
  return error instanceof Error && POOL_MESSAGES.test(error.message);
}

function driverError(error: unknown): { code?: unknown; constraint?: unknown; detail?: unknown } {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return typeof cause === 'object' && cause !== null ? cause : {};
}

/** SQLSTATE, or the system's code of a socket that failed; '' where there is none. */
export function codeOf(error: unknown): string {
  const { code } = driverError(error);
  return typeof code === 'string' ? code : '';
}

/** PostgreSQL's DETAIL of the error. */
export function detailOf(error: unknown): string {
  const { detail } = driverError(error);
  return typeof detail === 'string' ? detail : '';
}

function constraintOf(error: unknown): unknown {
  return driverError(error).constraint;
}
