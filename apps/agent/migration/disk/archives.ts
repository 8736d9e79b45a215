/** Options of tar that keep what a root file system has. */
export const FIDELITY = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--acls'];

/** Paths of a manifest for a program's stdin, `./` before each: no name is taken for an option. */
export const nulList = (paths: readonly string[]): Buffer =>
  Buffer.from(paths.map((path) => `./${path}\0`).join(''), 'latin1');
