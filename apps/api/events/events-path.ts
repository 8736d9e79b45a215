/** Path of the websocket. */
export const EVENTS_PATH = '/fleet/v1/events';
