import type { ApiAccess } from '../client/api.js';

/** The deployment that the demo runs on, as far as it is not reached through its APIs. */
export interface DemoFleet {
  deployment: string;
  access: ApiAccess;
  /** Name of the client host (its agent has the role `network`) and of its network namespace. */
  client: { host: string; namespace: string };
  /** Archives for Glance. */
  images: Record<'debian' | 'busybox', string>;
  /** What is on a host of a server that should not be there: directories, cgroups, links, checkpoint images. */
  traces(host: string, instanceId: string, portIds: string[]): Promise<string[]>;
  /** While set, every restore on `host` fails (the agent's CRIU wrapper reads it). */
  failRestores(host: string, on: boolean): Promise<void>;
  /** SIGKILL to the host's agent and to every container on it: a host that died. */
  killHost(host: string): Promise<void>;
  /** Starts the agent of a host again. */
  reviveHost(host: string): Promise<void>;
  /** Every difference between Postgres, agents and allocations (invariant 3); none where all is well. */
  audit(): Promise<string[]>;
}
