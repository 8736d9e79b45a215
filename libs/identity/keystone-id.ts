import { newId } from '#libs/common/ids';

/** Keystone's ids are UUIDs without hyphens. */
export const newKeystoneId = (): string => newId().replaceAll('-', '');
