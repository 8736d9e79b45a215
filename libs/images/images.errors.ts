import { InvalidInputError } from '#libs/common/errors';

/** An upload has more bytes than allowed (Glance: ImageSizeLimitExceeded). */
export class ImageTooBigError extends InvalidInputError {
  constructor(maxBytes: number) {
    super('file', `at most ${maxBytes} bytes`);
  }
}
