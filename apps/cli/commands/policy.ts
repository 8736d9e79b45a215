import { Command } from 'commander';
import { settings } from '#libs/common/settings/settings';
import { listRules, usePolicyFile } from '#libs/policy/policy';
import type { Rule } from '#libs/policy/rule-book';
import { print } from './layout-of.js';

interface ListOptions {
  file?: string;
  overrides?: boolean;
  json?: boolean;
  long?: boolean;
}

/** `lxstack policy`, with its subcommands. */
export function policyCommand(): Command {
  return new Command('policy').description('who may do what').addCommand(listCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description(
      'print every rule with its check, where that is from, and what for; a file that cannot be used is refused',
    )
    .argument('[part]', 'only rules with this in their name')
    .option('--file <path>', "an operator's rules (default: LXSTACK_POLICY_FILE)")
    .option('--overrides', "only rules that the operator's file has replaced")
    .option('--long', 'also scopes and routes')
    .option('--json', 'as JSON')
    .action((part: string | undefined, options: ListOptions) => {
      usePolicyFile(options.file ?? settings('policy').file ?? null);
      const shown = listRules()
        .filter(({ name }) => part === undefined || name.includes(part))
        .filter(({ source }) => !options.overrides || source === 'override');
      if (options.json) return print(JSON.stringify(shown.map(plain), null, 2));
      for (const rule of shown) linesOf(rule, options.long ?? false).forEach(print);
    });
}

const plain = ({ name, check, source, scope, description, routes }: Rule) => ({
  ...{ name, check, source, scope, description, routes },
});

function linesOf({ name, check, source, scope, description, routes }: Rule, long: boolean): string[] {
  const first = `${name}  ${source}  "${check}"  ${description}`;
  return long ? [first, `    scope: ${scope.join(', ')}`, ...routes.map((route) => `    ${route}`)] : [first];
}
