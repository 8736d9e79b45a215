import type { Kind } from './kind.js';

/** Where the table is kept. */
export const TABLE = new URL('../../../apps/agent/migration/WITNESSES.md', import.meta.url);

interface Row {
  kind: Kind;
  /** What becomes of it. */
  found: string;
}

/** A table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ kind, found }) => `| ${kind.group} | ${kind.name} | ${found} | ${kind.what} |`);
  return [
    '| of | kind | in a live move | what the witness looks at, or why it does not go along |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** The text of the file: every kind as it must be. */
export function document(kinds: readonly Kind[]): string {
  const many = (verdict: string) => kinds.filter((kind) => kind.verdict === verdict).length;
  return `# What becomes of each kind of kernel object
Each has a program in \`test/witness/kinds\` that sets it up, is moved live, and says from inside what is not as it was.
*carried*: it is what it was. *refused*: the precheck names it, with the process, and nothing is touched. *lost*: it does not go
along, or not as it was; the source finds it before the freeze (\`losses/\`) and the migration's record says it
(\`lost\`). *withheld*: nothing shows it, or programs do as well without, so no guest may have one since its last start: the kernel answers as one
that has none (\`../runtime/lxc/instance.seccomp\`). ${kinds.length} kinds: ${many('carried')} carried, ${many('refused')} refused, ${many('withheld')} withheld, ${many('lost')} lost.
\`npm run witness\` looks at them all and prints this table, \`npm run witness -- --write\` writes it here, and CI does the same.

${tableOf(kinds.map((kind) => ({ kind, found: kind.verdict })))}
`;
}
