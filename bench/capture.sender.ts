import { createSocket } from 'node:dgram';

/** Sends PCMU to each port read from standard input, 50 packets a second, for the given time; prints how many and how late they were at worst. */
const seconds = Number(process.argv[2] ?? '10');
const FRAME = 160;
const TICK_MS = 5;
const SLOTS = 20 / TICK_MS;

async function readPorts(): Promise<readonly number[]> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return JSON.parse(text) as number[];
}

const ports = await readPorts();
const streams = ports.map((port, index) => {
  const packet = Buffer.alloc(12 + FRAME);
  packet[0] = 0x80;
  packet.writeUInt32BE(0x10000 + index, 8);
  for (let at = 12; at < packet.length; at++) packet[at] = (at * 31 + index * 17) & 0xff;
  return { port, packet, sent: 0, slot: index % SLOTS };
});

const socket = createSocket('udp4');
const frames = seconds * 50;
const begun = performance.now();
let sent = 0;
let worstLateMs = 0;

function sendDue(): void {
  const elapsed = performance.now() - begun;
  let open = false;
  for (const stream of streams) {
    const due = Math.min(frames, Math.floor((elapsed - stream.slot * TICK_MS) / 20) + 1);
    if (stream.sent < due) worstLateMs = Math.max(worstLateMs, elapsed - stream.slot * TICK_MS - stream.sent * 20);
    while (stream.sent < due) {
      // A copy, because the datagram leaves later than this call returns.
      const packet = Buffer.from(stream.packet);
      packet.writeUInt16BE(stream.sent & 0xffff, 2);
      packet.writeUInt32BE((stream.sent * FRAME) >>> 0, 4);
      socket.send(packet, stream.port, '127.0.0.1');
      stream.sent++;
      sent++;
    }
    if (stream.sent < frames) open = true;
  }
  if (open) setTimeout(sendDue, TICK_MS);
  else setTimeout(() => socket.close(() => console.log(JSON.stringify({ sent, worstLateMs }))), 100);
}

sendDue();
