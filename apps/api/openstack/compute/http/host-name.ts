import { ValidateBy } from 'class-validator';

const HOST = /^[a-zA-Z0-9._-]{1,255}$/;

/** The name of a compute host, by Nova's schemas (parameter_types.fqdn). */
export const HostName = (): PropertyDecorator => hostName('the name of a compute host is expected', false);

/** As `HostName`; null must be given where no host is meant. */
export const HostNameOrNull = (): PropertyDecorator =>
  hostName('the name of a compute host, or null, is expected', true);

function hostName(expected: string, nullable: boolean): PropertyDecorator {
  const validate = (value: unknown) => (nullable && value === null) || (typeof value === 'string' && HOST.test(value));
  return ValidateBy({ name: 'hostName', validator: { validate, defaultMessage: () => expected } });
}
