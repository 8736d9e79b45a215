import type { EntityManager } from 'typeorm';
import { insertStatement, rowsParameter } from '#libs/database/insert-rows';
import { requiredOrAgain } from '#libs/database/requirement';
import { MacInUseError } from '../networking.errors.js';
import { newMac } from './address-allocation.js';
import { Port } from './port.entity.js';

const ATTEMPTS = 5;

/**
 * Inserts new ports in one statement. Gives a MAC to those without one and tries another where the network has it
 * already (unique index ports_mac). Throws MacInUseError for a MAC that was asked for.
 */
export async function insertPorts(tx: EntityManager, ports: Port[]): Promise<void> {
  const named = new Set(ports.filter((port) => port.macAddress));
  let waiting = ports;
  for (let attempt = 1; waiting.length; attempt++) {
    for (const port of waiting) if (!named.has(port)) port.macAddress = newMac();
    const done = await insert(tx, waiting);
    waiting = waiting.filter((port) => !done.has(port.id));
    const refused = waiting.find((port) => named.has(port)) ?? (attempt === ATTEMPTS ? waiting[0] : undefined);
    if (refused) throw new MacInUseError(refused.networkId, refused.macAddress);
  }
}

/**
 * As `insertPorts` for ports without a MAC, together with the commit (`withCommit`): where a MAC is taken, the whole
 * transaction is run again.
 */
export async function insertNewPorts(tx: EntityManager, ports: Port[]): Promise<void> {
  if (!ports.length) return;
  for (const port of ports) port.macAddress = newMac();
  const written = `${insertStatement(tx, Port)} ON CONFLICT (network_id, mac_address) DO NOTHING RETURNING id`;
  const all = requiredOrAgain('(SELECT count(*) FROM written) = $2::int', 'MAC addresses that are free');
  await tx.query(`WITH written AS (${written}) SELECT ${all}`, [rowsParameter(tx, Port, ports), ports.length]);
}

async function insert(tx: EntityManager, ports: Port[]): Promise<Set<string>> {
  const result = await tx.createQueryBuilder().insert().into(Port).values(ports).orIgnore().returning('*').execute();
  const rows = result.raw as { id: string; created_at: Date; updated_at: Date; status: Port['status'] }[];
  for (const row of rows) {
    const port = ports.find(({ id }) => id === row.id)!;
    Object.assign(port, tx.create(Port, { ...port, createdAt: row.created_at, updatedAt: row.updated_at }));
  }
  return new Set(rows.map((row) => row.id));
}
