import { setting } from '#libs/common/config';

/** `https://host:port` under which clients reach this API, without a slash at its end. */
export const publicUrl = (): string => setting('LXSTACK_PUBLIC_URL', 'http://127.0.0.1').replace(/\/+$/, '');
