import { Transform } from 'node:stream';
import { nameOfSetting, settings } from '#libs/common/settings/settings';
import { ImageTooBigError } from './image.errors.js';

/** What an image may become when it is unpacked: an archive of a few kilobytes can hold any number of zeros. */
export interface UnpackBounds {
  bytes: number;
  entries: number;
  /** Name of the setting behind `bytes`, for the message. */
  bytesSetting: string;
}

/** An image may become this large whatever its ratio: a small one full of zeros does no harm. */
const SMALL_BYTES = 2 ** 30;

/** The bounds for an archive of this size. */
export function unpackBounds(archiveBytes: number): UnpackBounds {
  const { maxBytes, maxEntries, maxRatio } = settings('unpacking');
  const byRatio = Math.max(SMALL_BYTES, Math.floor(archiveBytes * maxRatio));
  return {
    bytes: Math.min(maxBytes, byRatio),
    entries: maxEntries,
    bytesSetting: nameOfSetting('unpacking', byRatio < maxBytes ? 'maxRatio' : 'maxBytes'),
  };
}

/** Passes the unpacked archive on and counts it. Fails with ImageTooBigError. */
export function boundedBytes({ bytes, bytesSetting }: UnpackBounds): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > bytes) done(new ImageTooBigError(`${bytes} bytes`, bytesSetting));
      else done(null, chunk);
    },
  });
}

/** Consumes what `tar -v` prints, one line per entry, and counts it. Fails with ImageTooBigError. */
export function boundedEntries({ entries }: UnpackBounds): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const byte of chunk) if (byte === 0x0a) seen++;
      if (seen > entries) done(new ImageTooBigError(`${entries} files`, nameOfSetting('unpacking', 'maxEntries')));
      else done();
    },
  });
}
