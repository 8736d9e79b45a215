import { DomainError } from '#libs/common/errors';

/** The request contradicts itself in a way that only this API has: 400 with Nova's words. */
export class BadRequestError extends DomainError {}
