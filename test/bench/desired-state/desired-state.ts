import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { newId } from '#libs/common/ids';
import { createDataSource } from '#libs/database/data-source';
import { connect } from '#libs/database/schema';
import { cpuOf, usedSince } from '../process-cpu.js';
import { renderReport } from '../report.js';
import { BenchControlPlane } from './control-plane.js';
import { SimulatedHost } from './simulated-host.js';

const HOSTS = Number(process.env.LXSTACK_BENCH_HOSTS ?? 1_000);
const PER_SECOND = 100;
/** Streams that dial at the same time. */
const DIALLING = 50;
/** Hosts whose delays are recorded; those of all hosts would be a million figures. */
const WATCHED = 50;

const network = { id: newId(), subnet: newId() };
const committed = new Map<string, number>();

/**
 * Makes `n` builds, a hundred per second, on one network that a thousand hosts have: prints how many messages each host
 * gets, and how long after the commit. Of a build only the port's changes are made: created, bound to a host, active.
 */
export async function benchDesiredState(n: number): Promise<void> {
  const control = await BenchControlPlane.start();
  const database = await connect(await createDataSource({ url: control.servers.databaseUrl, poolSize: 16 }));
  const delays: number[] = [];
  let hosts: SimulatedHost[] = [];
  try {
    const names = Array.from({ length: HOSTS }, (_, index) => `sim${index}`);
    const trusts = await control.trusts(names);
    const hostIds = await seed(database, names, trusts);
    hosts = trusts.map(({ trust }, index) => {
      const heard = (peerId: string) => {
        const at = index < WATCHED ? committed.get(peerId) : undefined;
        if (at !== undefined) delays.push(performance.now() - at);
      };
      return new SimulatedHost(control.address, trust, heard);
    });
    const dialled = performance.now();
    for (let at = 0; at < HOSTS; at += DIALLING)
      await Promise.all(hosts.slice(at, at + DIALLING).map((host) => host.follow()));
    console.log(
      `${HOSTS} hosts follow after ${((performance.now() - dialled) / 1000).toFixed(1)} s, each with ${HOSTS} peers`,
    );
    await settled(hosts);
    for (const host of hosts) host.messages = host.resources = 0;
    const groups = { api: [control.api.pid!], hosts: [process.pid] };
    const [cpu, begun] = [cpuOf(groups), performance.now()];
    await build(database, hostIds, n);
    const seconds = (performance.now() - begun) / 1000;
    await settled(hosts);
    report(hosts, n, seconds, delays, usedSince(cpu, cpuOf(groups)));
  } finally {
    for (const host of hosts) host.close();
    await database.destroy();
    await control.stop();
  }
}

function report(
  hosts: SimulatedHost[],
  n: number,
  seconds: number,
  delays: number[],
  cpu: Record<string, number>,
): void {
  const perSecond = hosts.map(({ messages }) => messages / seconds).sort((a, b) => a - b);
  const of = (part: number) => perSecond[Math.floor((perSecond.length - 1) * part)].toFixed(2);
  const complete = hosts.filter(({ resources }) => resources >= n).length;
  console.log(
    `${n} builds in ${seconds.toFixed(1)} s (${(n / seconds).toFixed(0)} a second) on one network of ${HOSTS} hosts`,
  );
  console.log(`messages to a host per second: p50 ${of(0.5)}, p90 ${of(0.9)}, max ${of(1)}`);
  console.log(
    `changes in a message: ${(n / (perSecond[Math.floor(HOSTS / 2)] * seconds)).toFixed(1)}; hosts that heard of all: ${complete}`,
  );
  console.log(
    `CPU per build: API ${((1000 * cpu.api) / n).toFixed(1)} ms, all hosts ${((1000 * cpu.hosts) / n).toFixed(1)} ms`,
  );
  console.log(renderReport('From the commit to a host', [{ name: 'bound, until it is told', values: delays }]));
}

async function seed(database: DataSource, names: string[], trusts: { fingerprint: string }[]): Promise<string[]> {
  const ids = names.map(() => newId());
  await database.query(`INSERT INTO networks (id, name, project_id, vni) VALUES ($1, 'bench', 'p', 4711)`, [
    network.id,
  ]);
  await database.query(`INSERT INTO subnets (id, project_id, network_id, cidr) VALUES ($1, 'p', $2, '10.0.0.0/8')`, [
    network.subnet,
    network.id,
  ]);
  const capabilities = JSON.stringify([{ name: 'desired-state', present: true, detail: '' }]);
  await database.query(
    `INSERT INTO hosts (id, name, role, address, vtep, capabilities, certificate_fingerprint, lease_expires_at)
     SELECT h.id, h.name, 'compute', '', host('172.16.0.0'::inet + n::int), $4::jsonb, h.fingerprint, now() + interval '1 day'
       FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS h(id, name, fingerprint, n)`,
    [ids, names, trusts.map(({ fingerprint }) => fingerprint), capabilities],
  );
  for (const [index, hostId] of ids.entries()) await insertPort(database, newId(), index, hostId);
  return ids;
}

/** Begins each build at its time, however long the one before takes. */
async function build(database: DataSource, hostIds: string[], n: number): Promise<void> {
  const begun = performance.now();
  const all: Promise<void>[] = [];
  for (let i = 0; i < n; i++) {
    await pause(Math.max(0, begun + (1000 * i) / PER_SECOND - performance.now()));
    all.push(buildOne(database, HOSTS + i, hostIds[i % HOSTS]));
  }
  await Promise.all(all);
}

async function buildOne(database: DataSource, number: number, hostId: string): Promise<void> {
  const id = newId();
  await insertPort(database, id, number, null);
  await database.transaction(async (tx) => {
    await tx.query('UPDATE ports SET host_id = $2 WHERE id = $1', [id, hostId]);
    committed.set(id, performance.now());
  });
  await database.query(`UPDATE ports SET status = 'ACTIVE' WHERE id = $1`, [id]);
}

async function insertPort(database: DataSource, id: string, number: number, hostId: string | null): Promise<void> {
  const mac = `02:${(0x1_00_00_00_00_00 + number).toString(16).slice(-10).match(/../g)!.join(':')}`;
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  await database.query(
    `INSERT INTO ports (id, project_id, network_id, mac_address, fixed_ips, host_id) VALUES ($1, 'p', $2, $3, $4, $5)`,
    [id, network.id, mac, JSON.stringify([{ subnet_id: network.subnet, ip_address: address }]), hostId],
  );
}

/** Resolves when no host has received anything for a while. */
async function settled(hosts: SimulatedHost[]): Promise<void> {
  const all = () => hosts.reduce((sum, { messages }) => sum + messages, 0);
  for (let before = -1; before !== all();) {
    before = all();
    await pause(1_500);
  }
}
