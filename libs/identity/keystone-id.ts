import { newId } from '#libs/common/ids';

/** A new id in Keystone's form: a UUID without hyphens. */
export const newKeystoneId = (): string => newId().replaceAll('-', '');
