import { HttpException, HttpStatus } from '@nestjs/common';
import { InvalidInputError } from '#libs/common/errors';
import type { ByteRange } from '#libs/images/image-blobs';

/**
 * The range of a `Range` header (`bytes=0-99`, `bytes=100-`, `bytes=-50`) in data of `size` bytes; undefined without a
 * header. Glance API: several ranges are refused with 400, a range outside the data with 416.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  if (header.includes(',')) throw new InvalidInputError('Range', 'one range: several are not supported');
  const [, first, last] = /^\s*bytes\s*=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) throw unsatisfiable(header);
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw unsatisfiable(header);
  return { start, end };
}

const unsatisfiable = (header: string): HttpException =>
  new HttpException(
    `The range ${header.slice(0, 100)} cannot be satisfied.`,
    HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
  );
