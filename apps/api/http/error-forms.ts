import { Injectable } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import type { ApiRequest } from './api-request.js';
import { ErrorFilter } from './error.filter.js';
import type { ErrorAnswer } from './error.filter.js';

/**
 * The last filter: for what fails before a controller is found (a path that is none, a body that is no JSON). Faces
 * register their own form for their paths; what belongs to none gets a plain one.
 */
@Injectable()
export class ErrorForms extends ErrorFilter {
  private readonly forms = new Map<string, ErrorFilter>();

  /** `prefix`: first part of the paths, such as `/identity`. */
  register(prefix: string, form: ErrorFilter): void {
    this.forms.set(prefix, form);
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    // Not `path`: within middleware it is what is left behind the middleware's own.
    const { originalUrl } = host.switchToHttp().getRequest<ApiRequest>();
    const form = this.forms.get(/^\/[^/?]*/.exec(originalUrl)?.[0] ?? '');
    if (form) form.catch(error, host);
    else super.catch(error, host);
  }

  protected override render(status: number, message: string): ErrorAnswer {
    return { status, body: { error: { code: status, message } } };
  }
}
