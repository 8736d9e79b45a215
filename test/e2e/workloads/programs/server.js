// Answers lines on TCP port 8003: each with itself, `ticks` once every timer has ticked since.
const { createServer } = require('node:net');
const { createInterface } = require('node:readline');

const counts = new Array(200).fill(0);
counts.forEach((_, i) => setInterval(() => counts[i]++, 30 + (i % 50)));

async function ticks() {
  const before = [...counts];
  while (counts.some((count, i) => count === before[i])) await new Promise((resolve) => setTimeout(resolve, 10));
  return counts.length;
}

createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket }).on('line', async (line) => {
    socket.write(`${line === 'ticks' ? `ticks ${await ticks()}` : line}\n`);
  });
}).listen(8003);
