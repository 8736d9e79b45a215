import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import { Layout } from '#apps/cli/fleet/layout';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { findings, isWell } from './findings.js';
import type { Finding } from './findings.js';
import type { Kind } from './kind.js';
import { kinds } from './kinds.js';
import { TABLE, document, tableOf } from './table.js';

/** `npm run witness`: prints what becomes of each kind; ends with 1 where one is not what the table says. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { still: { type: 'boolean' }, write: { type: 'boolean' } },
});
const chosen = kinds.filter(
  ({ name, group }) => !positionals.length || positionals.includes(name) || positionals.includes(group),
);
if (!chosen.length) {
  console.error(`usage: npm run witness -- [KIND|GROUP…]
  --still   set up and ask without a move: every witness must find itself well
  --write   only write the table of all kinds to WITNESSES.md`);
  process.exit(2);
}
if (values.write) await writeFile(TABLE, document(kinds));
else report(await onFleet(chosen));

/** On the fleet that LXSTACK_DEPLOYMENT names, or on one of its own, stopped afterwards. */
async function onFleet(asked: readonly Kind[]): Promise<Finding[]> {
  const own = process.env.LXSTACK_DEPLOYMENT === undefined;
  process.env.LXSTACK_DEPLOYMENT ??= 'witness';
  const layout = new Layout(process.env.LXSTACK_DEPLOYMENT);
  const progress = (line: string) => console.error(line);
  if (own) await startFleet(layout, { hosts: 2, runtime: 'lxc' }, progress);
  const fleet = await TestFleet.open();
  try {
    return await findings(fleet, asked, progress, values.still);
  } finally {
    fleet.close();
    if (own) await stopFleet(layout, false, progress);
  }
}

function report(found: readonly Finding[]): void {
  const wrong = found.filter((finding) => !isWell(finding) && !(values.still && finding.found === 'carried'));
  console.log(tableOf(found));
  for (const { kind, words, found: seen } of found.filter(({ found: seen }) => seen === 'lacking'))
    console.log(`${kind.group} ${kind.name}: ${seen}: ${words}`);
  for (const { kind, found: seen, words } of wrong)
    console.log(`NOT ${kind.verdict}: ${kind.group} ${kind.name}: ${seen}: ${words}`);
  console.log(`${found.length} kinds, ${wrong.length} not as the table says`);
  process.exitCode = wrong.length ? 1 : 0;
}
