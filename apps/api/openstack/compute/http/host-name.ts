import { ValidateBy } from 'class-validator';

const HOST = /^[a-zA-Z0-9._-]{1,255}$/;

/** Name of a compute host as Nova's schemas write it (parameter_types.fqdn). */
export const HostName = (): PropertyDecorator => hostName('the name of a compute host is expected', false);

/** The same; null must be said where none is meant. */
export const HostNameOrNull = (): PropertyDecorator =>
  hostName('the name of a compute host, or null, is expected', true);

function hostName(expected: string, nullable: boolean): PropertyDecorator {
  const validate = (value: unknown) => (nullable && value === null) || (typeof value === 'string' && HOST.test(value));
  return ValidateBy({ name: 'hostName', validator: { validate, defaultMessage: () => expected } });
}
