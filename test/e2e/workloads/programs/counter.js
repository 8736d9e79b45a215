// `counter.js HOST`: counts in Redis by batches in a pipeline until SIGTERM, and prints how far. Ends with 1 at the first
// answer that is not the next number, and where the connection is closed.
const { connect } = require('node:net');
const { createInterface } = require('node:readline');

const BATCH = 50;
const socket = connect(6379, process.argv[2], send);
let [next, due, ending] = [1, 0, false];

function send() {
  if (ending) {
    console.log(`counted to ${next - 1}`);
    process.exit(0);
  }
  due = BATCH;
  socket.write('INCR counter\r\n'.repeat(BATCH));
}

function fail(why) {
  console.log(`${why} at ${next}`);
  process.exit(1);
}

createInterface({ input: socket }).on('line', (line) => {
  if (line !== `:${next}`) fail(`answered ${line}`);
  next++;
  if (--due === 0) send();
});
socket.on('error', ({ message }) => fail(message)).on('close', () => fail('closed'));
process.on('SIGTERM', () => (ending = true));
