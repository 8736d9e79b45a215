import type { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec, InstanceState } from '#generated/lxstack/agent/v1/types';

export interface FakeInstance {
  epoch: number;
  state: InstanceState;
  memoryBytes: number;
}

/** What FakeMigrations uses of a fake agent. */
export interface FakePeer {
  readonly name: string;
  readonly instances: Map<string, FakeInstance>;
  readonly peers: ReadonlyMap<string, FakePeer>;
  readonly migrations: { readonly known: ReadonlyMap<string, { phase: MigrationPhase }> };
  learnPorts(spec: InstanceSpec): void;
}
