import type { SendMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import type { DataChannel } from '../wire/data-channel.js';
import { connectToTarget } from '../wire/data-connection.js';
import { FrameType } from '../wire/wire-frames.js';
import type { CopiesOffer, Message } from '../wire/messages.js';
import type { MigrationDeps } from '../movable-instances.js';
import { MoveFailure } from '../move-failure.js';

const CALL_OFF_MS = 1_000;

/** The source's conversation with the target of one migration. */
export class TargetLink {
  /** Whether the target can bring pages after the restore (lazy-pages). */
  lazyPages = false;
  copies: CopiesOffer = 'none';
  /** Whether the target puts files' flags (chattr). */
  fileFlags = false;

  constructor(readonly channel: DataChannel) {}

  /** Connects and shows the token; resolves when the target has accepted it. */
  static async open(deps: MigrationDeps, request: SendMigrationRequest): Promise<TargetLink> {
    const hello = { migrationId: request.migrationId, token: request.token, kind: request.kind };
    const link = new TargetLink(
      await connectToTarget(deps.pkiDirectory, request.dataAddress, request.targetHost, hello),
    );
    const { lazyPages, copies, fileFlags = false } = await link.expect('welcome');
    Object.assign(link, { lazyPages, copies, fileFlags });
    return link;
  }

  tell(message: Message): Promise<void> {
    return this.channel.tell(message);
  }

  /** Reads the next message, which must be `say`. Throws MoveFailure with the target's reason when the target has given up. */
  async expect<Say extends Message['say']>(say: Say): Promise<Extract<Message, { say: Say }>> {
    const frame = await this.channel.receive();
    if (frame.type !== FrameType.message) throw new Error(`expected ${say} from the target`);
    const message = JSON.parse(frame.payload.toString()) as Message;
    if (message.say === 'failed') throw new MoveFailure(message.step, message.reason, message.logTail);
    if (message.say !== say) throw new Error(`expected ${say} from the target, it said ${message.say}`);
    return message as Extract<Message, { say: Say }>;
  }

  /** Tells the target that the move is off. Does not wait long: the target also sees the connection end. */
  async callOff(reason: string): Promise<void> {
    const told = this.tell({ say: 'abort', reason }).catch(() => undefined);
    await Promise.race([told, sleep(CALL_OFF_MS)]);
  }

  close(): void {
    this.channel.close();
  }
}
