// Answers each line of JSON with a line of JSON, until there are no more.
'use strict';

const readline = require('node:readline');

function answerLines(answer) {
  const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`));
}

module.exports = { answerLines };
