/** Nova: Architecture.canonicalize (objects/fields.py), with the names that Node and Debian use. */
const NAMES: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  x64: 'x86_64',
  'x86-64': 'x86_64',
  arm64: 'aarch64',
  ...Object.fromEntries(['i386', 'i486', 'i586', 'x86', 'ia32'].map((name) => [name, 'i686'])),
  ppc64el: 'ppc64le',
  armhf: 'armv7l',
};

/** The name that `uname -m` has for the architecture, whichever way it is spelt. */
export function canonicalArchitecture(name: string): string {
  const spelt = name.trim().toLowerCase();
  return NAMES[spelt] ?? spelt;
}

/**
 * The architecture that an image's properties name; null where they name none (Glance: `architecture`, Nova:
 * `hw_architecture`).
 */
export function architectureOf(properties: Readonly<Record<string, string>>): string | null {
  const name = properties.hw_architecture || properties.architecture;
  return name ? canonicalArchitecture(name) : null;
}
