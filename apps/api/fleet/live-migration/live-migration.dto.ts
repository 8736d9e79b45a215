import { IsIn, IsOptional, Matches } from 'class-validator';
import { memoryModes } from '#libs/agent-protocol/memory-modes';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';

/** Body of POST /fleet/v1/instances/{id}/live-migration. */
export class LiveMigrationBody {
  /** Name of the target; absent: the scheduler chooses. */
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$/, { message: 'the name of a host' })
  host?: string;

  /** Absent: the source chooses the cheapest. */
  @IsOptional()
  @IsIn(memoryModes, { message: memoryModes.join(', ') })
  memory_mode?: MemoryMode;
}
