import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { VEIL_HEAD_BYTES, veiledBytes, veilFrom } from './file-veil.js';

const VEIL = { head: randomBytes(VEIL_HEAD_BYTES), key: randomBytes(32) };

async function whole(pieces: readonly Uint8Array[]): Promise<Buffer> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const out: Uint8Array[] = [];
  for await (const piece of veiledBytes(VEIL, source())) out.push(piece);
  return Buffer.concat(out);
}

describe('a veiled file', () => {
  it('is read back from any place on, however it was written', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(800), async (written, wanted) => {
        const plain = Buffer.concat(written);
        const stored = await whole(written);
        const from = Math.min(wanted, plain.length);
        const read = veilFrom(VEIL, from)(stored.subarray(VEIL_HEAD_BYTES + from));
        expect(stored.subarray(0, VEIL_HEAD_BYTES).equals(VEIL.head)).toBe(true);
        expect(Buffer.from(read).equals(plain.subarray(from))).toBe(true);
      }),
    );
  });

  it('shows nothing of what is in it', async () => {
    const stored = await whole([Buffer.alloc(4096)]);
    expect(stored.includes(Buffer.alloc(16))).toBe(false);
  });
});
