import { Command } from 'commander';
import { Api } from '../client/api.js';
import { adminAccess } from '../fleet/access.js';
import type { Layout } from '../fleet/layout.js';
import { layoutOf, print } from './layout-of.js';

export function auditCommand(): Command {
  return new Command('audit')
    .description('compare Postgres, agents and allocations (invariant 3); status 1 where they differ')
    .action(async (_options: object, command: Command) => {
      const differences = await audit(layoutOf(command));
      for (const difference of differences) print(difference);
      if (differences.length > 0) process.exitCode = 1;
      else print('no difference');
    });
}

/** Every difference, in words; none where all is well. */
export async function audit(layout: Layout): Promise<string[]> {
  const api = new Api(await adminAccess(layout));
  const answer = await api.call<{ differences: (string | { message: string })[] }>('GET', '/fleet/v1/audit');
  return answer.differences.map((found) => (typeof found === 'string' ? found : found.message));
}
