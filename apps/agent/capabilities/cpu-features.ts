import { readFile } from 'node:fs/promises';

/** The flags that the kernel reports for the first processor. */
export async function cpuFeatures(): Promise<string[]> {
  return parseCpuFeatures(await readFile('/proc/cpuinfo', 'utf8'));
}

/** Reads `flags` (x86) or `Features` (arm64). Other architectures have other words, which are not read. */
export function parseCpuFeatures(cpuinfo: string): string[] {
  const [, words = ''] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo) ?? [];
  return words.split(/\s+/).filter((word) => /^[a-z0-9_]{1,32}$/.test(word));
}
