import type { Bench } from './bench.js';
import { ProductMove } from './product/product-move.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

/**
 * The longest silence of a move that the target refuses at the last moment, beside that of a good move, alternately.
 */
export async function benchRollback({ fleet, n }: Bench): Promise<void> {
  const all: Series[] = [];
  try {
    for (const guest of ['busybox', 'debian'] as const) {
      const good: Series = { name: `${guest}, moved`, values: [] };
      const refused: Series = { name: `${guest}, restore refused`, values: [], floor: good.name };
      all.push(good, refused);
      const move = await ProductMove.start(fleet, guest);
      for (let i = 0; i < n; i++) {
        good.values.push(await move.move());
        refused.values.push(await move.refused());
      }
      await move.stop();
    }
  } finally {
    console.log(renderReport('Blackout of a refused live move', all));
  }
}
