import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { LivePolicy } from '#libs/mobility/batches/move-batch.entity';

/** Body of POST /fleet/v1/hosts/{host}/drain. */
export class DrainBody {
  @IsOptional()
  @IsInt({ message: 'a number of moves at once' })
  @Min(1, { message: '1 or more' })
  @Max(16, { message: '16 or less' })
  parallel?: number;

  @IsOptional()
  @IsIn(['require', 'prefer', 'never'], { message: 'require, prefer or never' })
  live?: LivePolicy;

  @IsOptional()
  @IsInt({ message: 'a number of seconds' })
  @Min(1, { message: '1 or more' })
  @Max(86_400, { message: '86400 or less' })
  timeout?: number;
}
