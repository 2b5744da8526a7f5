// Reads the only order of the cache "orders" from Redis, prints it, adds an item, and writes it back.
// Usage: node add-item.js PORT
'use strict';
const net = require('node:net');

const socket = net.connect(Number(process.argv[2]), '127.0.0.1');
let received = Buffer.alloc(0);
const waiting = [];

/** Sends a command; its reply is a bulk string, a status, or an array of bulk strings. */
function command(...words) {
  const parts = words.map((word) => Buffer.from(word, 'utf8'));
  const frames = parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from('\r\n')]);
  socket.write(Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...frames]));
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

/** Returns the reply at a position and where it ends, or nothing while it is not complete. */
function parse(from) {
  const end = received.indexOf('\r\n', from);
  if (end < 0) return undefined;
  const line = received.toString('utf8', from + 1, end);
  switch (String.fromCharCode(received[from])) {
    case '$': {
      const to = end + 2 + Number(line);
      return received.length < to + 2 ? undefined : { value: received.toString('utf8', end + 2, to), end: to + 2 };
    }
    case '*': {
      const value = [];
      let next = end + 2;
      for (let i = 0; i < Number(line); i++) {
        const element = parse(next);
        if (!element) return undefined;
        value.push(element.value);
        next = element.end;
      }
      return { value, end: next };
    }
    case '-':
      return { value: new Error(line), end: end + 2 };
    default:
      return { value: line, end: end + 2 };
  }
}

socket.on('data', (data) => {
  received = Buffer.concat([received, data]);
  for (let reply = parse(0); reply; reply = received.length ? parse(0) : undefined) {
    received = received.subarray(reply.end);
    const { resolve, reject } = waiting.shift();
    if (reply.value instanceof Error) reject(reply.value);
    else resolve(reply.value);
  }
});

async function main() {
  const [key] = await command('KEYS', 'yc:{orders#0}:*:first');
  const order = JSON.parse(await command('GET', key));
  console.log(`${order.customer} ${new Date(order.placed).getUTCFullYear()} ${order.items.length}`);
  order.items.push({ name: 'Birne', price: 2.5 });
  await command('SET', key, JSON.stringify(order), 'KEEPTTL');
  socket.end();
}

main().catch((failure) => {
  console.error(failure);
  process.exit(1);
});
