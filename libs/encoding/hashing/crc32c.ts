const SLICES = 8;

/** Table `k` advances a byte over `k` further zero bytes: eight bytes are taken in one step ("slicing by 8"). */
const TABLES: readonly Int32Array[] = makeTables();

function makeTables(): Int32Array[] {
  const first = new Int32Array(256).map((_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    return crc;
  });
  const tables = [first];
  for (let slice = 1; slice < SLICES; slice++) {
    tables.push((tables[slice - 1] as Int32Array).map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)));
  }
  return tables;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as unknown as readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** Running CRC-32C (Castagnoli), which `node:zlib` does not offer. */
export class Crc32c {
  private crc = -1;

  update(bytes: Uint8Array): this {
    let crc = this.crc;
    let i = 0;
    for (const end = bytes.length - (SLICES - 1); i < end; i += SLICES) {
      crc ^=
        (bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24);
      crc =
        (T7[crc & 0xff] as number) ^
        (T6[(crc >>> 8) & 0xff] as number) ^
        (T5[(crc >>> 16) & 0xff] as number) ^
        (T4[crc >>> 24] as number) ^
        (T3[bytes[i + 4] as number] as number) ^
        (T2[bytes[i + 5] as number] as number) ^
        (T1[bytes[i + 6] as number] as number) ^
        (T0[bytes[i + 7] as number] as number);
    }
    for (; i < bytes.length; i++) crc = (crc >>> 8) ^ (T0[(crc ^ (bytes[i] as number)) & 0xff] as number);
    this.crc = crc;
    return this;
  }

  /** The value of all bytes so far, unsigned. */
  get value(): number {
    return ~this.crc >>> 0;
  }

  /** Base64 of the four bytes, most significant first, as Google and S3 write it. */
  get base64(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.value);
    return bytes.toString('base64');
  }
}
