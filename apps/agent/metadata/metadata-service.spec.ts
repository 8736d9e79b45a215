import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLogger } from '#libs/common/logger';
import { MetadataService } from './metadata-service.js';

const path = fileURLToPath(import.meta.url); // any file stands for the namespace's

it('a network that several ask for at once is served by one socket', async () => {
  let opened = 0;
  const open = async () => {
    opened++;
    await new Promise((resolve) => setImmediate(resolve));
    return { host: '127.0.0.1', port: 0 };
  };
  const keepPassword = () => Promise.resolve({ password: '', kept: false });
  const service = new MetadataService({ specs: () => [], keepPassword, logger: createLogger('test') }, { open });
  await Promise.all([service.serve('network', path), service.serve('network', path)]);
  assert.equal(opened, 1);
  assert.ok(await service.serves('network', path));
  service.end('network');
});
