import { Transform } from 'class-transformer';

/** Nova takes "1" for 1. What is no integer stays as it is, for the check that follows to refuse. */
export const LooseInteger = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
  );

/** The words of Nova's types.boolean, and no others. */
const words: ReadonlyMap<string, boolean> = new Map([
  ...spelled(['true', 'on', 'yes'], ['1', 'y', 't'], true),
  ...spelled(['false', 'off', 'no'], ['0', 'n', 'f'], false),
]);

function spelled(anyCase: string[], asIs: string[], value: boolean): [string, boolean][] {
  const all = anyCase.flatMap((word) => [word, word.toUpperCase(), `${word[0]!.toUpperCase()}${word.slice(1)}`]);
  return [...all, ...asIs].map((word) => [word, value]);
}

/** Nova takes "True", "1", "on", … for true. What is none of them stays as it is, for the check that follows to refuse. */
export const LooseBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (words.get(value) ?? value) : value));

/** Ids that old clients send as numbers. */
export const LooseString = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? String(value) : value));
