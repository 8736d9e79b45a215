/** How a step of the demo has ended. */
export interface StepResult {
  name: string;
  title: string;
  state: 'ok' | 'FAILED' | 'skipped';
  message: string;
  milliseconds: number;
}

/** Milliseconds as seconds with one decimal. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The table at the demo's end. */
export function renderResults(results: readonly StepResult[]): string {
  const width = Math.max(...results.map((result) => result.name.length));
  const lines = results.map(
    (result) =>
      `  ${result.name.padEnd(width)}  ${result.state.padEnd(7)}  ${seconds(result.milliseconds).padStart(7)}  ${result.message}`,
  );
  return ['', 'Results', ...lines, ''].join('\n');
}
