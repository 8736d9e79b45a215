import { Injectable } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import type { ApiRequest } from './api-request.js';
import { ErrorFilter } from './error.filter.js';
import type { ErrorAnswer } from './error.filter.js';

/**
 * The last error filter, for what fails before a controller is found: an unknown path, a body that is no JSON. Each
 * face registers its form of errors for its paths; other paths get a plain form.
 */
@Injectable()
export class ErrorForms extends ErrorFilter {
  private readonly forms = new Map<string, ErrorFilter>();

  /** `prefix`: first part of the paths, such as `/identity`. */
  register(prefix: string, form: ErrorFilter): void {
    this.forms.set(prefix, form);
  }

  /** Answers in the form of the face to which the path belongs. */
  override catch(error: unknown, host: ArgumentsHost): void {
    // Express' `path` is, within a middleware, only what follows the middleware's own path.
    const { originalUrl } = host.switchToHttp().getRequest<ApiRequest>();
    const form = this.forms.get(/^\/[^/?]*/.exec(originalUrl)?.[0] ?? '');
    if (form) form.catch(error, host);
    else super.catch(error, host);
  }

  protected override render(status: number, message: string): ErrorAnswer {
    return { status, body: { error: { code: status, message } } };
  }
}
