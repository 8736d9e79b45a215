import { readFile } from 'node:fs/promises';

/** Every flag that the kernel tells of the first processor. */
export async function cpuFeatures(): Promise<string[]> {
  return parseCpuFeatures(await readFile('/proc/cpuinfo', 'utf8'));
}

/** `flags` of x86, `Features` of arm64, `isa` and its like are words of other architectures and stay unread. */
export function parseCpuFeatures(cpuinfo: string): string[] {
  const [, words = ''] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo) ?? [];
  return words.split(/\s+/).filter((word) => /^[a-z0-9_]{1,32}$/.test(word));
}
