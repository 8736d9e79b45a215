import { createConnection } from 'node:net';

const patienceMs = 120_000;

/** Makes a new connection, sends a byte and waits for its echo. Returns what went wrong. */
function greeted(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const late = setTimeout(() => end('no answer'), patienceMs);
    const end = (words?: string) => {
      clearTimeout(late);
      socket.destroy();
      resolve(words);
    };
    socket.on('connect', () => socket.write('x'));
    socket.on('data', () => end()).on('error', (error) => end(error.message));
    socket.on('close', () => end('closed'));
  });
}

/** Connects to HOST PORT every 10 ms until standard input ends; prints what went wrong and how many there were, as JSON. */
async function main([host, port]: string[]): Promise<void> {
  const all: Promise<string | undefined>[] = [];
  const timer = setInterval(() => all.push(greeted(host!, Number(port))), 10);
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
  clearInterval(timer);
  const failures = (await Promise.all(all)).filter((words) => words !== undefined);
  process.stdout.write(`${JSON.stringify({ count: all.length, failures })}\n`);
  process.exit(0);
}

await main(process.argv.slice(2));
