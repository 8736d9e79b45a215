import { join } from 'node:path';
import { cached } from '../hostroot/cache.js';
import { buildBusybox, busyboxRecipe } from './busybox.js';
import { buildDebian, buildStock, debianRecipe, stockRecipe } from './debian.js';
import { buildSysvinit, sysvinitRecipe } from './sysvinit.js';

/** Files to be uploaded to Glance: gzipped tar archives of a root file system, by the name of the image. */
export type GuestImages = Record<'debian' | 'busybox', string>;

/** Guests of other kinds: Debian without the settings for live moves, and one with another init. */
export type OtherGuestImages = Record<'stock' | 'sysvinit', string>;

/** The two guests of the demo and the tests, both with an echo service on TCP port 7. Built once, then cached. */
export async function guestImages(): Promise<GuestImages> {
  const [busybox, debian] = await Promise.all([
    cached('guest-busybox', busyboxRecipe, buildBusybox),
    cached('guest-debian', debianRecipe, buildDebian),
  ]);
  return { busybox: join(busybox, 'busybox.tar.gz'), debian: join(debian, 'debian.tar.gz') };
}

/** The guests that only tests of other kinds want, with the same echo service. Built once, then cached. */
export async function otherGuestImages(): Promise<OtherGuestImages> {
  const { debian } = await guestImages();
  const [stock, sysvinit] = await Promise.all([
    cached('guest-stock', stockRecipe, (directory) => buildStock(directory, debian)),
    cached('guest-sysvinit', sysvinitRecipe, buildSysvinit),
  ]);
  return { stock: join(stock, 'stock.tar.gz'), sysvinit: join(sysvinit, 'sysvinit.tar.gz') };
}
