import { ValidateNested, ValidateBy } from 'class-validator';
import { booleanOf } from '../input/booleans.js';

export type Dto<T extends object = object> = new () => T;

/** A field exists in API versions from `since` up to `until`; outside of them it is unknown, and not required. */
interface FieldWindow {
  since: number;
  until: number;
}

/** What class-validator does not keep of a DTO's fields. */
interface FieldFacts {
  window?: FieldWindow;
  convert?: (value: unknown) => unknown;
  nested?: () => Dto;
  /** What null is: a value, or the same as nothing. Without it null is refused. */
  null?: 'value' | 'absent';
}

const facts = new Map<object, Map<string, FieldFacts>>();

function record(target: object, property: string | symbol, fact: FieldFacts): void {
  const fields = facts.get(target) ?? new Map<string, FieldFacts>();
  facts.set(target, fields.set(String(property), { ...fields.get(String(property)), ...fact }));
}

/** The facts of a DTO's fields, its own and those it inherits. */
export function factsOf(prototype: object | null): Map<string, FieldFacts> {
  if (prototype === null) return new Map();
  const inherited = factsOf(Object.getPrototypeOf(prototype) as object | null);
  return new Map([...inherited, ...(facts.get(prototype) ?? [])]);
}

/** The field exists from microversion 2.`since` up to 2.`until`. */
export function Between(since: number, until = Infinity): PropertyDecorator {
  return (target, property) => record(target, property, { window: { since, until } });
}

export const Since = (version: number): PropertyDecorator => Between(version);

const Converted =
  (convert: (value: unknown) => unknown): PropertyDecorator =>
  (target, property) =>
    record(target, property, { convert });

/** "1" is 1. What is no integer stays as it is, for the check that follows to refuse. */
export const LooseInteger = (): PropertyDecorator =>
  Converted((value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value));

/** "True", "1", "on" and the like are true. What is no boolean stays as it is, for the check that follows to refuse. */
export const LooseBoolean = (): PropertyDecorator => Converted((value) => booleanOf(value) ?? value);

/** The same, and 1 and 0 as numbers (Neutron API: convert_to_boolean). */
export const LooseBooleanOrBit = (): PropertyDecorator =>
  Converted((value) => (value === 0 || value === 1 ? value === 1 : (booleanOf(value) ?? value)));

/** Ids that old clients send as numbers. */
export const LooseString = (): PropertyDecorator =>
  Converted((value) => (typeof value === 'number' ? String(value) : value));

/** null is a value of the field: none of what it names. */
export function Nullable(): PropertyDecorator {
  return (target, property) => record(target, property, { null: 'value' });
}

/** null is the same as leaving the field out (Keystone). */
export function NullIsAbsent(): PropertyDecorator {
  return (target, property) => record(target, property, { null: 'absent' });
}

/** An object, or a list of them, with a DTO of its own. */
export function Nested(dto: () => Dto): PropertyDecorator {
  return (target, property) => {
    record(target, property, { nested: dto });
    ValidateNested()(target, property);
  };
}

/** Text that is more than blanks, in one line and printable (Nova: parameter_types.name). */
export function Name(most = 255): PropertyDecorator {
  const validate = (value: unknown) => typeof value === 'string' && value.length <= most && isPrintableName(value);
  const defaultMessage = () => `1 to ${most} printable characters, not all of them blank, are expected`;
  return ValidateBy({ name: 'isName', validator: { validate, defaultMessage } });
}

/** No control character, no line break, not blank. */
export const isPrintableName = (text: string): boolean => /\S/.test(text) && /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(text);
