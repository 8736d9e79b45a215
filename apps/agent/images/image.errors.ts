import { ConflictError } from '#libs/common/errors';

/** What arrived is not what was asked for. Final: another try brings the same. */
export class ImageDigestError extends ConflictError {
  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(`IMAGE_DIGEST_MISMATCH: expected sha256 ${expected}, got ${found}`);
  }
}

/** The archive could not be made a root file system. Final. */
export class ImageFormatError extends ConflictError {
  constructor(reason: string) {
    super(`IMAGE_FORMAT: the image cannot be unpacked: ${reason}`);
  }
}

/** Instances lie upon it. */
export class ImageInUseError extends ConflictError {
  constructor(readonly sha256: string) {
    super(`image ${sha256} is used by instances of this host`);
  }
}
