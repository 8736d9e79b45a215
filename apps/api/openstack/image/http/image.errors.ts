import { STATUS_CODES } from 'node:http';
import type { ErrorAnswer } from '#apps/api/http/error.filter';
import { ErrorFilter } from '#apps/api/http/error.filter';
import { MarkerNotFoundError } from '#libs/database/keyset';
import { ImageTooBigError } from '#libs/images/images.errors';

/** Glance answers errors as a small HTML page, whose text its clients print. */
export class ImageErrors extends ErrorFilter {
  /** Glance answers a marker of no image with 400. */
  protected override statusOf(error: unknown): number {
    if (error instanceof MarkerNotFoundError) return 400;
    return error instanceof ImageTooBigError ? 413 : super.statusOf(error);
  }

  protected override render(status: number, message: string): ErrorAnswer {
    const title = `${status} ${STATUS_CODES[status] ?? ''}`;
    const body = `<html>\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n  ${escape(message)}<br /><br />\n </body>\n</html>`;
    return { status, body, headers: { 'Content-Type': 'text/html; charset=UTF-8' } };
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
