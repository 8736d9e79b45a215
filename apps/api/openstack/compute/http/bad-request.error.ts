import { DomainError } from '#libs/common/errors';

/** What is asked for does not go together, as only this API can say: 400 with Nova's words. */
export class BadRequestError extends DomainError {}
