import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { newKeystoneId } from './keystone-id.js';
import { SYSTEM } from './roles/role.entity.js';
import { hashPassword } from './passwords.js';

/** Id of the domain that a fresh cloud has, as in Keystone. */
export const DEFAULT_DOMAIN = 'default';

/** Makes what the first login needs (Keystone: keystone-manage bootstrap). */
@Injectable()
export class IdentityBootstrap {
  constructor(private readonly database: DataSource) {}

  /**
   * Makes the domain `default`, the roles, the project and the user `admin`, where they are missing; an existing user
   * keeps its password. May run in many processes at the same time.
   */
  async run(adminPassword: string): Promise<void> {
    const done = await this.database.query<unknown[]>(`SELECT 1 FROM users WHERE domain_id = $1 AND name = 'admin'`, [
      DEFAULT_DOMAIN,
    ]);
    // The password is hashed only where the user is missing, and before the transaction: scrypt takes a while.
    const passwordHash = done.length ? null : await hashPassword(adminPassword);
    await this.database.transaction((tx) => fill(tx, passwordHash));
  }
}

async function fill(tx: EntityManager, passwordHash: string | null): Promise<void> {
  await tx.query(
    `INSERT INTO projects (id, name, is_domain, description) VALUES ($1, 'Default', true, 'The default domain')
     ON CONFLICT DO NOTHING`,
    [DEFAULT_DOMAIN],
  );
  for (const role of ['admin', 'member', 'reader', 'service'])
    await tx.query('INSERT INTO roles (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING', [newKeystoneId(), role]);
  for (const project of ['admin', 'service'])
    await tx.query(`INSERT INTO projects (id, name, domain_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, [
      newKeystoneId(),
      project,
      DEFAULT_DOMAIN,
    ]);
  if (passwordHash !== null)
    await tx.query(
      `INSERT INTO users (id, name, domain_id, password_hash, default_project_id)
       VALUES ($1, 'admin', $2, $3, (SELECT id FROM projects WHERE domain_id = $2 AND name = 'admin'))
       ON CONFLICT DO NOTHING`,
      [newKeystoneId(), DEFAULT_DOMAIN, passwordHash],
    );
  await tx.query(
    `INSERT INTO role_assignments (user_id, project_id, role_id)
     SELECT u.id, p.id, r.id FROM users u, projects p, roles r
      WHERE u.domain_id = $1 AND u.name = 'admin' AND r.name = 'admin'
        AND (p.id = $1 OR (p.domain_id = $1 AND p.name = 'admin'))
     ON CONFLICT DO NOTHING`,
    [DEFAULT_DOMAIN],
  );
  await tx.query(
    `INSERT INTO role_assignments (user_id, project_id, role_id)
     SELECT u.id, $2, r.id FROM users u, roles r WHERE u.domain_id = $1 AND u.name = 'admin' AND r.name = 'admin'
     ON CONFLICT DO NOTHING`,
    [DEFAULT_DOMAIN, SYSTEM],
  );
}
