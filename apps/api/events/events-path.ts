export const EVENTS_PATH = '/fleet/v1/events';
