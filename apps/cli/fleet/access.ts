import { readFile } from 'node:fs/promises';
import type { ApiAccess } from '../client/api.js';
import type { Layout } from './layout.js';
import { ensureAdminPassword, readSettings } from './settings.js';

/** URL, CA and login of the deployment's administrator. */
export async function adminAccess(layout: Layout): Promise<ApiAccess> {
  const settings = await readSettings(layout);
  if (!settings?.port) throw new Error(`deployment ${layout.deployment} was never started: ./lxstack up`);
  return {
    url: `https://127.0.0.1:${settings.port}`,
    ca: await readFile(layout.path('pki', 'ca.crt')),
    user: 'admin',
    password: (await readFile(await ensureAdminPassword(layout), 'utf8')).trim(),
    project: 'admin',
  };
}
