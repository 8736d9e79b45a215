import type { DemoStep } from './step.js';
import { audit } from './steps/audit.js';
import { coldMigrate } from './steps/cold-migrate.js';
import { createServers } from './steps/create-servers.js';
import { evacuate } from './steps/evacuate.js';
import { importImages } from './steps/import-images.js';
import { liveMigrate } from './steps/live-migrate.js';
import { makeNetwork } from './steps/make-network.js';
import { reachServers } from './steps/reach-servers.js';
import { refuseRestore } from './steps/refuse-restore.js';

/** The steps of the demo in the order in which they run. */
export const demoSteps: readonly DemoStep[] = [
  importImages,
  makeNetwork,
  createServers,
  reachServers,
  liveMigrate,
  refuseRestore,
  coldMigrate,
  evacuate,
  audit,
];
