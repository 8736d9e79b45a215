import { Command } from 'commander';
import { Api } from '../client/api.js';
import { adminAccess } from '../fleet/access.js';
import type { Layout } from '../fleet/layout.js';
import { layoutOf, print } from './layout-of.js';

/** `lxstack audit`: exit status 1 where anything differs. */
export function auditCommand(): Command {
  return new Command('audit')
    .description(
      'compare Postgres, agents, allocations and hosts’ kernels (invariants 3, 7); status 1 where they differ',
    )
    .option('--repair', "make hosts' networks what they should be first", false)
    .action(async ({ repair }: { repair: boolean }, command: Command) => {
      const differences = await audit(layoutOf(command), repair);
      for (const difference of differences) print(difference);
      if (differences.length > 0) process.exitCode = 1;
      else print('no difference');
    });
}

/** The differences that the control plane finds, kind and words. `repair`: agents mend their hosts' networks first. */
export async function audit(layout: Layout, repair = false): Promise<string[]> {
  const api = new Api(await adminAccess(layout));
  const [method, path] = repair ? (['POST', '/fleet/v1/audit/repair'] as const) : (['GET', '/fleet/v1/audit'] as const);
  const answer = await api.call<{ differences: (string | { kind: string; message: string })[] }>(method, path);
  // An API of v0.1 has words only.
  return answer.differences.map((found) => (typeof found === 'string' ? found : `${found.kind}: ${found.message}`));
}
