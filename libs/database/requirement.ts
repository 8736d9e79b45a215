import { messageOf } from '#libs/common/errors';
import { codeOf, detailOf } from './transient-errors.js';

/** SQLSTATE of a requirement that does not hold. */
const UNMET = 'LX001';
/** SQLSTATE serialization_failure: `transact` runs the transaction again. */
const LOST_RACE = '40001';

/**
 * SQL: true where `condition` holds; else the statement fails, and its transaction cannot be committed any more. For what
 * leaves together with the commit (`withCommit`), before anybody has seen an answer. `name` says which requirement it was,
 * `detail` (SQL of a text) what PostgreSQL found instead. The function comes from migrations/…-requirements.ts.
 */
export const required = (condition: string, name: string, detail = `''`): string =>
  raise(condition, name, detail, UNMET);

/** As `required`, for what may hold when the whole transaction is run again. */
export const requiredOrAgain = (condition: string, name: string): string => raise(condition, name, `''`, LOST_RACE);

const raise = (condition: string, name: string, detail: string, code: string): string =>
  `lxstack_require(${condition}, '${name}', ${detail}, '${code}')`;

/** The requirement of this name did not hold. */
export const isUnmet = (error: unknown, name: string): boolean =>
  codeOf(error) === UNMET && messageOf(error).endsWith(`required: ${name}`);

/** What PostgreSQL found instead: the requirement's `detail`. */
export const foundInstead = (error: unknown): string => detailOf(error);
