import { InvalidInputError } from '#libs/common/errors';

/** A key pair's name and user data: what Nova gives a guest through its metadata service or config drive. */
export interface GuestData {
  keyName?: string | null;
  userData?: string | null;
}

const reason = 'no value: nothing puts it into a guest yet';

/**
 * Throws InvalidInputError where a key or user data are given: there is no metadata service and no config drive yet
 * that would bring them to the guest, and accepting them would promise it.
 */
export function refuseGuestData({ keyName, userData }: GuestData): void {
  if (keyName !== undefined && keyName !== null) throw new InvalidInputError('key_name', reason);
  if (userData !== undefined && userData !== null) throw new InvalidInputError('user_data', reason);
}
