import { Command } from 'commander';
import { messageOf } from '#libs/common/errors';
import { auditCommand } from './commands/audit.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { downCommand } from './commands/down.js';
import { envCommand } from './commands/env.js';
import { execClientCommand, execHostCommand } from './commands/exec.js';
import { hostCommand } from './commands/host.js';
import { migrationCommand } from './commands/migration.js';
import { logsCommand } from './commands/logs.js';
import { policyCommand } from './commands/policy.js';
import { pkiCommand } from './commands/pki.js';
import { rebalanceCommand } from './commands/rebalance.js';
import { serverCommand } from './commands/server.js';
import { statusCommand } from './commands/status.js';
import { testCommand } from './commands/test.js';
import { upCommand } from './commands/up.js';

const program = new Command('lxstack')
  .description('A cluster of LXC system containers, with the OpenStack APIs in front of it.')
  .option('-d, --deployment <name>', 'which fleet of this machine', process.env.LXSTACK_DEPLOYMENT ?? 'demo')
  .enablePositionalOptions();

for (const command of [
  demoCommand,
  upCommand,
  downCommand,
  envCommand,
  execClientCommand,
  execHostCommand,
  statusCommand,
  auditCommand,
  logsCommand,
  hostCommand,
  serverCommand,
  migrationCommand,
  rebalanceCommand,
  policyCommand,
  doctorCommand,
  pkiCommand,
  testCommand,
]) {
  program.addCommand(command());
}

// The reader of our output (`| head`) may close it early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`lxstack: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
