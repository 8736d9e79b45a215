import { join } from 'node:path';
import { cached } from '../hostroot/cache.js';
import { buildBusybox, busyboxRecipe } from './busybox.js';
import { buildDebian, debianRecipe } from './debian.js';

/** Files to be uploaded to Glance: gzipped tar archives of a root file system, by the name of the image. */
export type GuestImages = Record<'debian' | 'busybox', string>;

/** The two guests of the demo and the tests, both with an echo service on TCP port 7. Built once, then cached. */
export async function guestImages(): Promise<GuestImages> {
  const [busybox, debian] = await Promise.all([
    cached('guest-busybox', busyboxRecipe, buildBusybox),
    cached('guest-debian', debianRecipe, buildDebian),
  ]);
  return { busybox: join(busybox, 'busybox.tar.gz'), debian: join(debian, 'debian.tar.gz') };
}
