import { join } from 'node:path';
import { cached } from '../hostroot/cache.js';
import { buildBusybox, busyboxRecipe } from './busybox.js';
import { buildCloud, cloudRecipe } from './cloud.js';
import { buildDebian, buildDebian13, buildStock, debian13Recipe, debianRecipe, stockRecipe } from './debian.js';
import { buildFedora41, fedora41Recipe } from './fedora.js';
import { buildOpenrc, openrcRecipe } from './openrc.js';
import { buildSysvinit, sysvinitRecipe } from './sysvinit.js';
import { buildUbuntu, buildUbuntu2404, ubuntu2404Recipe, ubuntuRecipe } from './ubuntu.js';

/** Archives for Glance, by the name of the image: root file systems as gzipped tar. */
export type GuestImages = Record<'debian' | 'busybox', string>;

/** Other kinds of guests: systemd without the settings for live moves, and other inits. */
export type GuestKind = 'cloud' | 'stock' | 'ubuntu' | 'debian13' | 'ubuntu2404' | 'fedora41' | 'sysvinit' | 'openrc';

/** The two guests of the demo and the tests, both with an echo service on TCP port 7. Built once, then cached. */
export async function guestImages(): Promise<GuestImages> {
  const [busybox, debian] = await Promise.all([
    cached('guest-busybox', busyboxRecipe, buildBusybox),
    cached('guest-debian', debianRecipe, buildDebian),
  ]);
  return { busybox: join(busybox, 'busybox.tar.gz'), debian: join(debian, 'debian.tar.gz') };
}

/** A guest that only the tests of its kind need, with the same echo service. Built once, then cached. */
export async function guestOfKind(kind: GuestKind): Promise<string> {
  return join(await kinds[kind](), `${kind}.tar.gz`);
}

const kinds: Record<GuestKind, () => Promise<string>> = {
  async cloud() {
    const { debian } = await guestImages();
    const recipe = { from: debianRecipe, ...cloudRecipe };
    return cached('guest-cloud', recipe, (directory, log) => buildCloud(directory, debian, log));
  },
  async stock() {
    const { debian } = await guestImages();
    return cached('guest-stock', stockRecipe, (directory) => buildStock(directory, debian));
  },
  async ubuntu() {
    const [recipe, from] = [{ from: stockRecipe, ...ubuntuRecipe }, await guestOfKind('stock')];
    return cached('guest-ubuntu', recipe, (directory, log) => buildUbuntu(directory, from, log));
  },
  debian13: () => cached('guest-debian13', debian13Recipe, buildDebian13),
  async ubuntu2404() {
    const [recipe, from] = [{ from: debian13Recipe, ...ubuntu2404Recipe }, await guestOfKind('debian13')];
    return cached('guest-ubuntu2404', recipe, (directory, log) => buildUbuntu2404(directory, from, log));
  },
  async fedora41() {
    const [recipe, from] = [{ from: debian13Recipe, ...fedora41Recipe }, await guestOfKind('debian13')];
    return cached('guest-fedora41', recipe, (directory, log) => buildFedora41(directory, from, log));
  },
  sysvinit: () => cached('guest-sysvinit', sysvinitRecipe, buildSysvinit),
  async openrc() {
    const [recipe, from] = [{ from: sysvinitRecipe, ...openrcRecipe }, await guestOfKind('sysvinit')];
    return cached('guest-openrc', recipe, (directory, log) => buildOpenrc(directory, from, log));
  },
};
