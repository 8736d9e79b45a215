import { ArrayNotEmpty, IsIn, IsInt, IsISO8601, IsNumber, IsOptional, Max, Min } from 'class-validator';
import type { MoveKind, RebalanceSettings } from '#libs/scheduling/rebalance/plan';

/** Body of POST /fleet/v1/rebalance-plans. */
export class PlanBody {
  @IsOptional()
  @IsIn(['deviation', 'range'], { message: 'deviation or range' })
  goal?: RebalanceSettings['goal'];

  @IsOptional()
  @IsNumber({}, { message: 'a number from 0 to 1' })
  @Min(0, { message: '0 or more' })
  @Max(1, { message: '1 or less' })
  threshold?: number;

  @IsOptional()
  @ArrayNotEmpty({ message: 'a list of live and cold' })
  @IsIn(['live', 'cold'], { each: true, message: 'a list of live and cold' })
  kinds?: MoveKind[];

  @IsOptional()
  @IsInt({ message: 'a number of moves' })
  @Min(1, { message: '1 or more' })
  @Max(1000, { message: '1000 or less' })
  max_moves?: number;

  @IsOptional()
  @IsInt({ message: 'a number of bytes' })
  @Min(0, { message: '0 or more' })
  max_bytes?: number;

  @IsOptional()
  @IsInt({ message: 'a number of milliseconds' })
  @Min(0, { message: '0 or more' })
  max_blackout_ms?: number;
}

/** Body of POST /fleet/v1/rebalance-plans/{id}/apply. */
export class ApplyBody {
  @IsOptional()
  @IsInt({ message: 'a number of moves at once' })
  @Min(1, { message: '1 or more' })
  @Max(16, { message: '16 or less' })
  parallel?: number;
}

/** Body of POST /fleet/v1/rebalance-plans/{id}/schedule. */
export class ScheduleBody extends ApplyBody {
  @IsISO8601({ strict: true }, { message: 'a time such as 2026-01-31T02:00:00Z' })
  at: string;
}

/** What is asked for, with what is left out. */
export function settingsOf(body: PlanBody): RebalanceSettings {
  return {
    goal: body.goal ?? 'deviation',
    threshold: body.threshold ?? 0.05,
    weights: { vcpus: 1, memory: 1, disk: 0 },
    kinds: body.kinds ?? ['live'],
    maxMoves: body.max_moves ?? 100,
    maxBytes: body.max_bytes ?? null,
    maxBlackoutMs: body.max_blackout_ms ?? null,
  };
}
