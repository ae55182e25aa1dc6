import { createHash } from 'node:crypto';
import { Crc32c } from './crc32c.js';

/** The checksums the stores compare. */
export interface ContentChecksums {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Base64. */
  readonly md5: string;
  /** Base64 of the big-endian value. */
  readonly crc32c: string;
}

/** Computes all checksums of a file in one pass. */
export class ContentDigest {
  private readonly sha256 = createHash('sha256');
  private readonly md5 = createHash('md5');
  private readonly crc32c = new Crc32c();
  private sizeBytes = 0;

  update(bytes: Uint8Array): void {
    this.sizeBytes += bytes.length;
    this.sha256.update(bytes);
    this.md5.update(bytes);
    this.crc32c.update(bytes);
  }

  /** To be called once. */
  finish(): ContentChecksums {
    return {
      sizeBytes: this.sizeBytes,
      sha256: this.sha256.digest('hex'),
      md5: this.md5.digest('base64'),
      crc32c: this.crc32c.base64,
    };
  }
}
