import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { CLIENT_HOST } from '../fleet/layout.js';
import type { Layout } from '../fleet/layout.js';
import { SimHost } from '../simhost/sim-host.js';
import { layoutOf } from './layout-of.js';

/** The client namespace is a network namespace only, so the command sees this machine's files. */
export function execClientCommand(): Command {
  return new Command('exec-client')
    .description('run a command in the network namespace of the client')
    .argument('<command...>')
    .passThroughOptions()
    .action((words: string[], _options: object, command: Command) => {
      const namespace = layoutOf(command).namespace(CLIENT_HOST);
      return exec('nsenter', [`--net=/run/netns/${namespace}`, '--', ...words]);
    });
}

/** `lxstack exec-host`: ends with the command's exit status. */
export function execHostCommand(): Command {
  return new Command('exec-host')
    .description('run a command inside a simulated host')
    .argument('<host>')
    .argument('<command...>')
    .passThroughOptions()
    .action(async (host: string, words: string[], _options: object, command: Command) => {
      const [program, ...enter] = await simHost(layoutOf(command), host).enter();
      return exec(program!, [...enter, ...words]);
    });
}

function simHost(layout: Layout, name: string): SimHost {
  return new SimHost(layout, name, '');
}

/** Runs the command in this terminal and exits with its status. */
function exec(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal ? 128 : 1);
      resolve();
    });
  });
}
