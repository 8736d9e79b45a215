import { createReadStream, existsSync, statSync, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { layoutOf, print } from './layout-of.js';

/** `lxstack logs`. */
export function logsCommand(): Command {
  return new Command('logs')
    .description('show the log of a process, or which processes have one')
    .argument('[process]', 'api, worker, agent-h1, postgres, redis, …')
    .option('-f, --follow', 'go on as it grows', false)
    .action(async (name: string | undefined, options: { follow: boolean }, command: Command) => {
      const layout = layoutOf(command);
      const names = (await readdir(layout.path('log')).catch(() => []))
        .filter((file) => file.endsWith('.log'))
        .map((file) => file.slice(0, -4));
      if (name === undefined) return names.forEach(print);
      if (!names.includes(name)) throw new Error(`no log of ${name}; there are: ${names.join(' ')}`);
      await show(layout.log(name), options.follow);
    });
}

async function show(file: string, follow: boolean): Promise<void> {
  let shown = await copy(file, 0);
  if (!follow) return;
  const written = changes(file);
  while (!(await written.next()).done) {
    if (!existsSync(file)) continue;
    // The log was rotated: the new file is shown from its beginning.
    if (statSync(file).size < shown) shown = 0;
    shown = await copy(file, shown);
  }
}

async function copy(file: string, start: number): Promise<number> {
  const stream = createReadStream(file, { start });
  await pipeline(stream, process.stdout, { end: false });
  return start + stream.bytesRead;
}

async function* changes(file: string): AsyncGenerator<void> {
  const watcher = watch(file);
  for (;;) {
    await new Promise((resolve, reject) => watcher.once('change', resolve).once('error', reject));
    yield;
  }
}
