import { settings } from '#libs/common/settings/settings';

/** `https://host:port` under which clients reach this API, without a slash at the end. */
export const publicUrl = (): string => settings('publicUrl').url.replace(/\/+$/, '');
