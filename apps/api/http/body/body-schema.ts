import { applyDecorators } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import { factsOf } from './fields.js';
import type { Dto } from './fields.js';

/** The parts of a JSON schema that /docs shows of a body. */
export interface Schema {
  type?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  oneOf?: Schema[];
}

const types = new Map<unknown, string>([
  [String, 'string'],
  [Number, 'number'],
  [Boolean, 'boolean'],
  [Array, 'array'],
  [Object, 'object'],
]);

/**
 * Shows in /docs the DTO of a body, under `key`. The schema is read from the rules that check the body, so they cannot
 * differ.
 */
export const Takes = (key: string, dto: Dto): MethodDecorator =>
  applyDecorators(ApiBody({ schema: wrap(key, schemaOf(dto)) }));

/** As `Takes`, for a body without a key. */
export const TakesBare = (dto: Dto): MethodDecorator => applyDecorators(ApiBody({ schema: schemaOf(dto) }));

/** Shows in /docs a body with a map of text under `key`; without a key the body is the map. */
export const TakesMap = (key?: string): MethodDecorator => {
  const map: Schema = { type: 'object', additionalProperties: { type: 'string' } };
  return applyDecorators(ApiBody({ schema: key === undefined ? map : wrap(key, map) }));
};

/** Shows in /docs a body with one of several keys, each with its own DTO; null: the key's value does not matter. */
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
  const facts = factsOf(dto.prototype as object);
  const properties: Record<string, Schema> = {};
  for (const { propertyName: name, name: rule, constraints } of rules) {
    const property = (properties[name] ??= propertyOf(dto, name, facts.get(name)?.nested?.()));
    const values: unknown = constraints?.[0];
    if (rule === 'isIn' && Array.isArray(values)) property.enum = values;
  }
  return { type: 'object', required: Object.keys(properties).filter((name) => !optional.has(name)), properties };
}

function propertyOf(dto: Dto, name: string, nested: Dto | undefined): Schema {
  const type = types.get(Reflect.getMetadata('design:type', dto.prototype as object, name));
  if (nested) return type === 'array' ? { type, items: schemaOf(nested) } : schemaOf(nested);
  return type === undefined || type === 'object' ? {} : { type };
}
