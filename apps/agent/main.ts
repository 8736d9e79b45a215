import 'reflect-metadata';
import { Command } from 'commander';
import { messageOf } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';
import { joinCluster } from './join.js';
import type { JoinOptions } from './join.js';
import { serve } from './serve.js';
import { readAgentSettings } from './settings.js';

const program = new Command('lxstack-agent');
program
  .command('join')
  .requiredOption('--control <host:port>', 'the enrolment address')
  .requiredOption('--token-file <file>')
  .requiredOption('--fingerprint <sha256:hex>', 'of the cluster’s CA')
  .requiredOption('--name <name>')
  .requiredOption('--address <host:port>', 'where this agent will serve')
  .option('--role <role>', 'compute or network', 'compute')
  .option('--zone <zone>', 'availability zone', 'nova')
  .option('--force', 'join again in spite of a certificate', false)
  .action(async (options: JoinOptions) => {
    process.stdout.write(`${await joinCluster(settings('agentState').directory, options)}\n`);
  });
program
  .command('serve')
  .option('--simulated-hosts <file>', 'many simulated hosts in this process: a JSON array, see serve-many.ts')
  .action(async ({ simulatedHosts }: { simulatedHosts?: string }) => {
    if (simulatedHosts === undefined) return serve(readAgentSettings());
    // Loaded here only: every process that a real host's agent starts is a fork of the agent with all it has loaded.
    const { serveMany } = await import('./serve-many.js');
    return serveMany(readAgentSettings(), simulatedHosts);
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
