import { InvalidInputError } from '#libs/common/errors';

/** Glance: ImageSizeLimitExceeded. */
export class ImageTooBigError extends InvalidInputError {
  constructor(maxBytes: number) {
    super('file', `at most ${maxBytes} bytes`);
  }
}
