// A worker in a process of its own, which tests kill. Arguments: database URL, Redis URL, lease in milliseconds.
import { createDataSource } from '#libs/database/data-source';
import { connect } from '#libs/database/schema';
import { QUICK, trialProcess } from './operations.fixture.js';

const [databaseUrl, redisUrl, leaseMs] = process.argv.slice(2);
const { runner } = trialProcess(await connect(await createDataSource({ url: databaseUrl })), redisUrl);
await runner.start({ ...QUICK, leaseMs: Number(leaseMs) });
process.stdout.write('ready\n');
