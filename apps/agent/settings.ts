import { join } from 'node:path';
import { readSettings, settings } from '#libs/common/settings/settings';

/**
 * The environment's settings of this agent, read once; see the README. Throws ConfigError for what is missing or wrong.
 */
export function readAgentSettings() {
  readSettings('log', 'debug', 'agentState', 'agent', 'renewal', 'unpacking');
  const state = settings('agentState').directory;
  return { ...settings('agent'), state, pki: join(state, 'pki'), renewAt: settings('renewal').fraction };
}

export type AgentSettings = ReturnType<typeof readAgentSettings>;
