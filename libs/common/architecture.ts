/** Nova: objects/fields.py, Architecture.canonicalize; with Node's and Debian's names of the same. */
const NAMES: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  x64: 'x86_64',
  'x86-64': 'x86_64',
  arm64: 'aarch64',
  ...Object.fromEntries(['i386', 'i486', 'i586', 'x86', 'ia32'].map((name) => [name, 'i686'])),
  ppc64el: 'ppc64le',
  armhf: 'armv7l',
};

/** One name for each processor architecture, however it is spelt: uname's. */
export function canonicalArchitecture(name: string): string {
  const spelt = name.trim().toLowerCase();
  return NAMES[spelt] ?? spelt;
}

/** Of an image, by its properties; null where it says nothing. Glance: `architecture`, Nova: `hw_architecture`. */
export function architectureOf(properties: Readonly<Record<string, string>>): string | null {
  const name = properties.hw_architecture || properties.architecture;
  return name ? canonicalArchitecture(name) : null;
}
