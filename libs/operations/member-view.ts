import type { Event } from './events.js';
import { publicFailure } from './public-failure.js';

/** The fields of each kind of event that members of the project may see. */
const SHOWN: Readonly<Record<Event['type'], readonly string[]>> = {
  operation: ['kind', 'state', 'step', 'resourceType', 'resourceId', 'error'],
  instance: ['vmState', 'powerState'],
  migration: [
    ...['instanceId', 'phase'],
    ...['memoryBytesTotal', 'memoryBytesProcessed', 'diskBytesTotal', 'diskBytesProcessed'],
  ],
};

/** The event without what is for administrators: failures in their own words, and what hosts have reported. */
export function memberView({ data, ...event }: Event): Event {
  const shown = SHOWN[event.type].filter((field) => field in data).map((field) => [field, data[field]]);
  const { error, errorType } = data;
  const failure = { message: String(error), type: typeof errorType === 'string' ? errorType : undefined };
  return {
    ...event,
    data: { ...Object.fromEntries(shown), ...(error !== undefined && { error: publicFailure(failure) }) },
  };
}
