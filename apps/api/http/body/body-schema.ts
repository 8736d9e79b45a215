import { applyDecorators } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';

type Dto = new () => object;
interface Schema {
  type?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  oneOf?: Schema[];
}

const types = new Map<unknown, string>([
  [String, 'string'],
  [Number, 'number'],
  [Boolean, 'boolean'],
  [Array, 'array'],
  [Object, 'object'],
]);

/** What /docs shows of a body: its DTO under `key`. Read from the rules that check it, so that they cannot differ. */
export const Takes = (key: string, dto: Dto): MethodDecorator =>
  applyDecorators(ApiBody({ schema: wrap(key, schemaOf(dto)) }));

/** A body with one of several keys, each with its own DTO; null: its value says nothing. */
export const TakesOneOf = (bodies: Readonly<Record<string, Dto | null>>): MethodDecorator =>
  applyDecorators(
    ApiBody({ schema: { oneOf: Object.entries(bodies).map(([key, dto]) => wrap(key, dto ? schemaOf(dto) : {})) } }),
  );

function wrap(key: string, schema: Schema): Schema {
  return { type: 'object', required: [key], properties: { [key]: schema } };
}

function schemaOf(dto: Dto): Schema {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const optional = new Set(
    rules.filter((rule) => rule.type === 'conditionalValidation').map((rule) => rule.propertyName),
  );
  const properties: Record<string, Schema> = {};
  for (const { propertyName: name, name: rule, constraints } of rules) {
    const property = (properties[name] ??= propertyOf(dto, name));
    const values: unknown = constraints?.[0];
    if (rule === 'isIn' && Array.isArray(values)) property.enum = values;
  }
  return { type: 'object', required: Object.keys(properties).filter((name) => !optional.has(name)), properties };
}

function propertyOf(dto: Dto, name: string): Schema {
  const type = types.get(Reflect.getMetadata('design:type', dto.prototype as object, name));
  return type === undefined || type === 'object' ? {} : { type };
}
