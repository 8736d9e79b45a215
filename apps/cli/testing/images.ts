import { messageOf } from '#libs/common/errors';
import { guestImages, guestOfKind } from '../guest-images/guest-images.js';
import { hostRoot } from '../hostroot/host-root.js';
import type { Print } from './on-fleet.js';

/** Roots and images in the order in which tests ask for them; what is in another list needs nothing of it. */
const LISTS: readonly (() => Promise<unknown>)[][] = [
  [
    hostRoot,
    guestImages,
    () => guestOfKind('cloud'),
    () => guestOfKind('ubuntu'),
    () => guestOfKind('stock'),
    () => guestOfKind('openrc'),
    () => guestOfKind('sysvinit'),
  ],
  [() => guestOfKind('debian13'), () => guestOfKind('ubuntu2404'), () => guestOfKind('fedora41')],
];

/**
 * Makes what hosts and guests start from, while tests run that need none of it. One that fails is said here, and fails the
 * tests that need it, which try again.
 */
export async function makeImages(print: Print): Promise<void> {
  const begun = performance.now();
  await Promise.all(
    LISTS.map(async (list) => {
      for (const make of list)
        await make().catch((error: unknown) => print(`  an image is not made: ${messageOf(error)}`));
    }),
  );
  print(`  made, or there already, in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}
