import { ConflictError } from '#libs/common/errors';

/** The fetched data has another checksum. Final: another attempt would bring the same data. */
export class ImageDigestError extends ConflictError {
  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(`IMAGE_DIGEST_MISMATCH: expected sha256 ${expected}, got ${found}`);
  }
}

/** The control plane has no data with this checksum. Final. */
export class ImageMissingError extends ConflictError {
  constructor(readonly sha256: string) {
    super(`IMAGE_MISSING: the control plane has no data of the image with sha256 ${sha256}`);
  }
}

/** No root file system can be made from the archive. Final. */
export class ImageFormatError extends ConflictError {
  constructor(reason: string) {
    super(`IMAGE_FORMAT: the image cannot be unpacked: ${reason}`);
  }
}

/** Unpacked, the image exceeds its bounds. Final. */
export class ImageTooBigError extends ConflictError {
  constructor(bound: string, setting: string) {
    super(`IMAGE_TOO_BIG: unpacked the image has more than ${bound} (${setting})`);
  }
}

/** Instances of this host are made from the image. */
export class ImageInUseError extends ConflictError {
  constructor(readonly sha256: string) {
    super(`image ${sha256} is used by instances of this host`);
  }
}
