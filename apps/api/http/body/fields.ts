import { ValidateNested, ValidateBy } from 'class-validator';
import { booleanOf } from '../input/booleans.js';

export type Dto<T extends object = object> = new () => T;

/**
 * The API versions, from `since` up to `until`, in which a field exists. In others the field is unknown, and not
 * required.
 */
interface FieldWindow {
  since: number;
  until: number;
}

/** What our decorators say of a field beside class-validator's rules. */
interface FieldFacts {
  window?: FieldWindow;
  convert?: (value: unknown) => unknown;
  nested?: () => Dto;
  /** Whether null is a value of the field or means that the field is absent. Without this fact null is refused. */
  null?: 'value' | 'absent';
}

const facts = new Map<object, Map<string, FieldFacts>>();

function record(target: object, property: string | symbol, fact: FieldFacts): void {
  const fields = facts.get(target) ?? new Map<string, FieldFacts>();
  facts.set(target, fields.set(String(property), { ...fields.get(String(property)), ...fact }));
}

/** The facts of a DTO's fields, inherited ones included. */
export function factsOf(prototype: object | null): Map<string, FieldFacts> {
  if (prototype === null) return new Map();
  const inherited = factsOf(Object.getPrototypeOf(prototype) as object | null);
  return new Map([...inherited, ...(facts.get(prototype) ?? [])]);
}

/** The field exists from microversion 2.`since` up to 2.`until`. */
export function Between(since: number, until = Infinity): PropertyDecorator {
  return (target, property) => record(target, property, { window: { since, until } });
}

/** The field exists from microversion 2.`version` on. */
export const Since = (version: number): PropertyDecorator => Between(version);

const Converted =
  (convert: (value: unknown) => unknown): PropertyDecorator =>
  (target, property) =>
    record(target, property, { convert });

/** Takes "1" for 1. Leaves what is no integer to the next rule, which refuses it. */
export const LooseInteger = (): PropertyDecorator =>
  Converted((value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value));

/**
 * Takes "True", "1", "on" and the like for true, and their opposites for false. Leaves anything else to the next rule.
 */
export const LooseBoolean = (): PropertyDecorator => Converted((value) => booleanOf(value) ?? value);

/** As `LooseBoolean`, and takes the numbers 1 and 0 (Neutron API: convert_to_boolean). */
export const LooseBooleanOrBit = (): PropertyDecorator =>
  Converted((value) => (value === 0 || value === 1 ? value === 1 : (booleanOf(value) ?? value)));

/** Takes numbers as text: old clients send some ids so. */
export const LooseString = (): PropertyDecorator =>
  Converted((value) => (typeof value === 'number' ? String(value) : value));

/** Accepts null as a value: the field names nothing. */
export function Nullable(): PropertyDecorator {
  return (target, property) => record(target, property, { null: 'value' });
}

/** Accepts null, with the meaning of an absent field (Keystone). */
export function NullIsAbsent(): PropertyDecorator {
  return (target, property) => record(target, property, { null: 'absent' });
}

/** The field is an object of this DTO, or a list of such objects. */
export function Nested(dto: () => Dto): PropertyDecorator {
  return (target, property) => {
    record(target, property, { nested: dto });
    ValidateNested()(target, property);
  };
}

/** Printable text in one line that is more than blanks (Nova: parameter_types.name). */
export function Name(most = 255): PropertyDecorator {
  const validate = (value: unknown) => typeof value === 'string' && value.length <= most && isPrintableName(value);
  const defaultMessage = () => `1 to ${most} printable characters, not all of them blank, are expected`;
  return ValidateBy({ name: 'isName', validator: { validate, defaultMessage } });
}

/** Whether the text has no control character, has no line break, and is not blank. */
export const isPrintableName = (text: string): boolean => /\S/.test(text) && /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(text);
