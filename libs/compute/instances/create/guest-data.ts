import { InvalidInputError } from '#libs/common/errors';

/** What Nova puts into a guest beside its image. */
export interface GuestData {
  keyName?: string | null;
  userData?: string | null;
}

const reason = 'no value: nothing puts it into a guest yet';

/**
 * Nothing delivers keys or user data yet: no metadata service, no config drive. A server that shows them and never had
 * them would be a lie. Throws InvalidInputError.
 */
export function refuseGuestData({ keyName, userData }: GuestData): void {
  if (keyName !== undefined && keyName !== null) throw new InvalidInputError('key_name', reason);
  if (userData !== undefined && userData !== null) throw new InvalidInputError('user_data', reason);
}
