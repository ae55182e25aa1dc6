/** A 16-bit WAV file of one or two channels of equal length. */
export function composeWav(channels: readonly Int16Array[], sampleRate: number): Buffer {
  const samples = channels[0]?.length ?? 0;
  const frameBytes = channels.length * 2;
  const bytes = Buffer.alloc(44 + samples * frameBytes);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * frameBytes, 28);
  bytes.writeUInt16LE(frameBytes, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples * frameBytes, 40);
  channels.forEach((channel, side) =>
    channel.forEach((sample, at) => bytes.writeInt16LE(sample, 44 + at * frameBytes + side * 2)),
  );
  return bytes;
}
