import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Crc32c } from '#libs/encoding';
import { toRecgateError, type JsonObject, type RecgateError, type RenditionContent } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';

/** How long a handler may take for the small file, ms. */
const PATIENCE_MS = 15_000;

/** Tries the handlers of a storage document before it is kept (contract §2.5). */
@Injectable()
export class KazooStorageProbe {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /**
   * Writes a small file through every handler and removes it again where that can be done.
   * @throws CrossbarError `validation error` on the first handler that does not take it
   */
  async try(document: JsonObject): Promise<void> {
    const { ids } = this.gateway.ports;
    const probes = kazoo.storageProbes(document, () => ids.hex(32));
    const outcomes = await Promise.allSettled(probes.map((probe) => this.tryOne(probe)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  private async tryOne({ handlerId, target, secrets, text }: kazoo.StorageProbe): Promise<void> {
    const { stores, log } = this.gateway.ports;
    const { kind } = target.destination;
    if (kind === 'none') return;
    const request = { target, secrets, metadata: {} };
    try {
      await stores[kind].put({
        ...request,
        content: contentOf(Buffer.from(text)),
        signal: AbortSignal.timeout(PATIENCE_MS),
        onUploadStarted: () => Promise.resolve(),
      });
    } catch (thrown) {
      throw failureOf(handlerId, toRecgateError(thrown));
    }
    // Credentials that may only write are enough; what cannot be removed stays.
    await stores[kind].remove(request).catch((thrown: unknown) => {
      log.info('the test file of a storage plan stays', { handlerId, reason: toRecgateError(thrown).message });
    });
  }
}

function failureOf(handlerId: string, error: RecgateError): RecgateError {
  if (error.code === 'gateway.internal') {
    return kazoo.probeFailure(handlerId, error.code, '', 'the settings of the handler cannot be used');
  }
  const [, status] = /\((?:[^()]*, )?(\d{3})\)$/.exec(error.message) ?? [];
  return kazoo.probeFailure(handlerId, status ?? error.code, error.message, 'the handler did not take a test file');
}

function contentOf(bytes: Buffer): RenditionContent {
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    md5: createHash('md5').update(bytes).digest('base64'),
    crc32c: new Crc32c().update(bytes).base64,
    contentType: 'text/plain',
    open: (range) => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)]),
  };
}
