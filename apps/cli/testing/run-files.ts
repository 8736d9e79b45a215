import { run } from 'node:test';
import { relative } from 'node:path';
import { repository } from '../fleet/layout.js';
import { Tally } from './tally.js';

export interface FilesToRun {
  files: string[];
  /** Number of files that run at the same time. */
  concurrency: number;
  /** Added to the name of each test: the fleet it ran on. */
  on?: string;
  /** Environment of the files' processes; this process's where there is none. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Only a test that hangs reaches this limit. Files and stages have none, because machines differ by a factor of three
 * and are shared.
 */
const TEST_TIMEOUT_MS = 15 * 60_000;

/** Ends a test file's process also where a failed test has left a connection open. */
const EXEC_ARGV = ['--test-force-exit', `--test-timeout=${TEST_TIMEOUT_MS}`];

const ending = new AbortController();

/** Ends the processes of the test files, which would run on after the suite's end. */
export function endTestFiles(): void {
  ending.abort();
}

/** Runs each test file in a process of its own, prints a line for every test, and counts them. */
export async function runFiles(what: FilesToRun, print: (line: string) => void): Promise<Tally> {
  const tally = new Tally();
  if (what.files.length === 0) return tally;
  const { files, concurrency, env } = what;
  const stream = run({ files, concurrency, execArgv: EXEC_ARGV, signal: ending.signal, env: env ?? process.env });
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  const named = (name: string) => (what.on === undefined ? name : `${name}, on ${what.on}`);
  stream.on('test:pass', ({ name, details, skip }) => {
    if (details.type === 'suite') return;
    if (skip === undefined) tally.passed++;
    const how = typeof skip === 'string' ? skip : seconds(details.duration_ms);
    print(`  ${skip === undefined ? 'ok  ' : 'skip'} ${named(name)} (${how})`);
  });
  stream.on('test:fail', ({ name, details, file }) => {
    // A suite fails because a test in it failed, which is counted already.
    if (details.type === 'suite' && causeOf(details.error) === 'subtestsFailed') return;
    tally.failed++;
    print(`  FAIL ${named(name)} (${seconds(details.duration_ms)}) ${file ? relative(repository, file) : ''}`);
    print(indent(describe(details.error)));
  });
  stream.on('test:diagnostic', ({ message, nesting }) => {
    if (nesting > 0 || !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(message))
      print(`       ${message}`);
  });
  stream.on('test:summary', ({ file, duration_ms }) => {
    if (file !== undefined) tally.took(sourceOf(file), duration_ms / 1000);
  });
  stream.on('test:stderr', ({ message }) => print(indent(message.trimEnd())));
  await new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject).resume());
  return tally;
}

/** The source of a test file, from the repository's root; node names the built file where it knows no source. */
const sourceOf = (file: string) => relative(repository, file).replace(/^dist\/(.*)\.js$/, '$1.ts');

function causeOf(error: Error): unknown {
  return 'failureType' in error ? error.failureType : undefined;
}

/** node:test wraps the error that the test threw; the cause says more. */
function describe(error: Error): string {
  const cause = error.cause;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? error.message);
}

const indent = (text: string) => text.replace(/^/gm, '       ');
