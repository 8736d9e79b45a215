import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { readPki, serverCredentials } from '#libs/agent-protocol/credentials';
import { Host } from '#libs/fleet/hosts/host.entity';
import { FakeAgent } from './fake-agent/fake-agent.js';
import type { Peers } from './fake-agent/fake-agent.js';
import type { TestPki } from './test-pki.js';

interface Where {
  database: DataSource;
  /** The agents that the new one knows; it is added to them. */
  agents: Peers;
  pki: TestPki;
}

/** What the host has; `leaseMs` is how long it stays up without a heartbeat. */
type HostSize = Pick<Host, 'vcpus' | 'memoryMb' | 'diskGb'> & { leaseMs: number };

/** Adds a compute host that is up and whose agent listens, with a certificate of its own, and refuses no live move. */
export async function addHostThatIsUp(
  { database, agents, pki }: Where,
  name: string,
  { leaseMs, ...size }: HostSize,
): Promise<FakeAgent> {
  const agent = new FakeAgent(name, agents);
  const port = await agent.listen('127.0.0.1:0', serverCredentials(readPki(await pki.issue(`agent:${name}`))));
  await database.manager.insert(Host, {
    id: randomUUID(),
    name,
    role: 'compute',
    address: `127.0.0.1:${port}`,
    ...size,
    leaseExpiresAt: new Date(Date.now() + leaseMs),
    capabilities: ['checkpoint', 'restore'].map((one) => ({ name: one, present: true, detail: '' })),
  });
  return agent;
}
