import { InvalidInputError } from '#libs/common/errors';

const SECRETS = /pass(word)?|secret|user_data/i;

/** A field of a body or query is wrong. The message names the field, what came and what was expected. */
export class InputError extends InvalidInputError {
  constructor(
    field: string,
    readonly value: unknown,
    reason: string,
  ) {
    super(field, reason);
    const shown = SECRETS.test(field) ? '***' : show(value);
    this.message = `Invalid input for field/attribute ${field}. Value: ${shown}. ${reason}`;
  }
}

/** A value as an answer quotes it, cut at 200 characters. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'None');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
