import { ControlPlaneService } from '#generated/lxstack/agent/v1/control_plane';
import { DesiredStateResponse } from '#generated/lxstack/agent/v1/desired_state';
import type { Delta } from '#libs/networking/desired-state/delta';

/** Resources in one message, some 100 KiB. */
const PART = 1_000;

const written = new WeakMap<DesiredStateResponse, Buffer>();

/** The generated service with one change: a message is serialized once, however many hosts it goes to. */
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

/** The messages of a delta, in parts. The same delta gives the same objects, so that their bytes are shared. */
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
