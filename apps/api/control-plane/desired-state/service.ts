import { ControlPlaneService } from '#generated/lxstack/agent/v1/control_plane';
import { DesiredStateResponse } from '#generated/lxstack/agent/v1/desired_state';
import type { Delta } from '#libs/networking/desired-state/delta';

/** Resources in one message at most: some 100 KiB. */
const PART = 1_000;

const written = new WeakMap<DesiredStateResponse, Buffer>();

/** The service with messages that are written out once, however many hosts get them. */
export const controlPlaneService: typeof ControlPlaneService = {
  ...ControlPlaneService,
  followDesiredState: {
    ...ControlPlaneService.followDesiredState,
    responseSerialize(message: DesiredStateResponse): Buffer {
      const known = written.get(message);
      if (known) return known;
      const bytes = Buffer.from(DesiredStateResponse.encode(message).finish());
      written.set(message, bytes);
      return bytes;
    },
  },
};

const messages = new WeakMap<Delta, { revision: string; whole: boolean; parts: DesiredStateResponse[] }>();

/** The delta as messages, in parts; the same objects for the same delta. */
export function messagesOf(revision: string, delta: Delta, whole: boolean): DesiredStateResponse[] {
  const known = messages.get(delta);
  if (known?.revision === revision && known.whole === whole) return known.parts;
  const parts: DesiredStateResponse[] = [];
  const { changed, removed } = delta;
  for (let at = 0; at === 0 || at < Math.max(changed.length, removed.length); at += PART) {
    const more = at + PART < Math.max(changed.length, removed.length);
    const [some, gone] = [changed.slice(at, at + PART), removed.slice(at, at + PART)];
    parts.push({ revision, whole, more, changed: some, removed: gone });
  }
  messages.set(delta, { revision, whole, parts });
  return parts;
}
