import { command } from '../process/command.js';

/** The Debian mirror that most of this machine's apt sources name, apart from security and foreign archives. */
export async function debianMirror(): Promise<string> {
  const sites = (await command('apt-get', ['indextargets', '--format', '$(SITE)\t$(ORIGIN)\t$(LABEL)']))
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, origin, label]) => origin === 'Debian' && label === 'Debian')
    .map(([site]) => site!);
  const counts = new Map<string, number>();
  for (const site of sites) counts.set(site, (counts.get(site) ?? 0) + 1);
  const best = [...counts].sort((a, b) => b[1] - a[1])[0];
  if (!best) throw new Error("this machine's apt knows no Debian archive: run apt-get update, then again");
  return best[0];
}
