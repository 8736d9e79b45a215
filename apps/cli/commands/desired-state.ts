import { Command } from 'commander';
import { Api } from '../client/api.js';
import { adminAccess } from '../fleet/access.js';
import { layoutOf, print } from './layout-of.js';

interface DesiredState {
  host: string;
  follows: boolean;
  in_sync: boolean;
  wanted_revision: string;
  acknowledged_revision: string | null;
  acknowledged_at: string | null;
  pending_changes: number;
  failures: { kind: string; id: string; reason: string }[];
  mended: string[];
  mended_at: string | null;
  document: {
    networks: number;
    subnets: number;
    ports: number;
    peers: number;
    largest: { network_id: string; subnets: number; ports: number; peers: number }[];
  };
}

/** `lxstack host desired-state NAME`: status 1 where the host is not as it should be. */
export function desiredStateCommand(): Command {
  return new Command('desired-state')
    .description(
      'show what a host’s networks should be, how far the host has come, and what fails; status 1 where it is behind',
    )
    .argument('<name>')
    .option('--json', 'as the API answers', false)
    .action(async (name: string, { json }: { json: boolean }, command: Command) => {
      const api = new Api(await adminAccess(layoutOf(command)));
      const path = `/fleet/v1/hosts/${encodeURIComponent(name)}/desired-state`;
      const { desired_state: state } = await api.call<{ desired_state: DesiredState }>('GET', path);
      if (json) print(JSON.stringify(state, null, 2));
      else linesOf(state).forEach(print);
      if (!state.in_sync) process.exitCode = 1;
    });
}

function linesOf(state: DesiredState): string[] {
  const { networks, subnets, ports, peers, largest } = state.document;
  return [
    `host:         ${state.host}${state.follows ? '' : ' (its agent does not follow a document)'}`,
    `in sync:      ${state.in_sync ? 'yes' : 'no'}, ${state.pending_changes} changes not acknowledged`,
    `wanted:       ${state.wanted_revision}`,
    `acknowledged: ${state.acknowledged_revision ?? 'nothing'}${state.acknowledged_at ? `, ${state.acknowledged_at}` : ''}`,
    `document:     ${networks} networks, ${subnets} subnets, ${ports} ports, ${peers} peers`,
    ...largest.map(
      (one) => `  network ${one.network_id}: ${one.subnets} subnets, ${one.ports} ports, ${one.peers} peers`,
    ),
    ...state.failures.map(({ kind, id, reason }) => `failed:       ${kind} of network ${id}: ${reason}`),
    ...state.mended.map((words) => `mended:       ${words} (${state.mended_at})`),
  ];
}
