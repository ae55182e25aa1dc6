import type { S3Client } from '@aws-sdk/client-s3';
import { RecgateError } from '#libs/recording-model';

/** Keeps the id of a multipart upload and has it noted before the client learns it, so before any part is sent. */
export class UploadNote {
  readonly #onStarted: (uploadId: string) => Promise<void>;
  #beginning: Promise<unknown> = Promise.resolve();
  #id: string | null = null;

  constructor(onStarted: (uploadId: string) => Promise<void>) {
    this.#onStarted = onStarted;
  }

  watch(client: S3Client): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context['commandName'] !== 'CreateMultipartUploadCommand') return next(args);
        const begun = next(args).then((result) => {
          this.#id = idIn(result.output);
          return result;
        });
        this.#beginning = begun.catch(() => undefined);
        const result = await begun;
        await this.#onStarted(idIn(result.output));
        return result;
      },
      { step: 'initialize', name: 'uploadNote' },
    );
  }

  /** The id once the answer to a beginning that is under way has been read; null when no upload was begun. */
  async id(): Promise<string | null> {
    await this.#beginning;
    return this.#id;
  }
}

function idIn(output: object): string {
  if ('UploadId' in output && typeof output.UploadId === 'string') return output.UploadId;
  throw new RecgateError('destination.rejected', 'The store began an upload without an id');
}
