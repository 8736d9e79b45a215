import { Transform } from 'class-transformer';

/** Nova takes "1" for 1. What is no integer stays as it is, for the check that follows to refuse. */
export const LooseInteger = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
  );

const words: Record<string, boolean> = {
  ...Object.fromEntries(['true', '1', 'on', 'yes', 'y', 't'].map((word) => [word, true])),
  ...Object.fromEntries(['false', '0', 'off', 'no', 'n', 'f'].map((word) => [word, false])),
};

/** Nova takes "True", "1", "on", … for true (types.boolean of its schemas). */
export const LooseBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' || typeof value === 'number' ? (words[String(value).toLowerCase()] ?? value) : value,
  );

/** Ids that old clients send as numbers. */
export const LooseString = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? String(value) : value));
