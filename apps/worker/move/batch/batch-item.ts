import type { MovableInstance, MoveAttempt } from '#libs/mobility/batches/next-move';
import type { MoveBatchItemStatus } from '#libs/mobility/batches/move-batch.entity';

/** A move that the batch has begun for an instance. */
interface Attempt extends MoveAttempt {
  id: number;
  bytes: number;
}

/** An instance of the batch, as the database has it now, with the moves begun for it. */
export interface BatchItem extends MovableInstance {
  instanceId: string;
  targetHostId: string | null;
  status: MoveBatchItemStatus;
  attempts: Attempt[];
}
