// `typist.js HOST`: types into an interactive shell over ssh until SIGTERM: the shell keeps a number, and each line must
// show the next. Prints how many lines were answered; ends with 1 at a wrong answer and where the session ends.
const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');

const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
const ssh = spawn('ssh', ['-tt', ...options, `root@${process.argv[2]}`], { stdio: ['pipe', 'pipe', 'inherit'] });
let [lines, ending] = [0, false];

const type = () => ssh.stdin.write(`n=$((n+1)); echo "<$n $(tty)>"\n`);

function end(status, words) {
  console.log(words);
  ssh.kill('SIGKILL');
  process.exit(status);
}

// The terminal shows what is typed too; only the answer has numbers.
createInterface({ input: ssh.stdout }).on('line', (line) => {
  const answer = /<(\d+) \/dev\/pts\/\d+>/.exec(line);
  if (!answer) return;
  if (Number(answer[1]) !== ++lines) end(1, `answered ${line} to line ${lines}`);
  if (ending) end(0, `${lines} lines`);
  setTimeout(type, 5);
});
ssh.on('close', (status) => end(1, `the session ended with ${status} after ${lines} lines`));
process.on('SIGTERM', () => (ending = true));
type();
